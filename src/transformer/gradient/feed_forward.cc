#include "transformer/gradient/feed_forward.h"

#include "transformer/ops/activation.h"

namespace bantam {
namespace {

// Values one call of the generic activations takes: their operands are widened into vectors of this size.
constexpr int64_t kChunk = 4096;

// Calls body(begin, end) for ranges of values, several at a time.
void ForValues(int64_t count, const std::function<void(int64_t begin, int64_t end)>& body) {
  WorkbenchPool().ForRanges(count, kChunk, body);
}

template <typename T, typename E>
std::vector<T> Widened(const Buffer<E>& x, int64_t begin, int64_t end) {
  std::vector<T> wide(end - begin);
  ConvertRow(x.data() + begin, end - begin, wide.data());
  return wide;
}

template <typename T, typename E>
void Activate(const Pass<T, E>& pass, bool gated, FfnActivations<T, E>& kept) {
  const Activation activation = pass.architecture.activation;
  ForValues(kept.up.size(), [&](int64_t begin, int64_t end) {
    if (gated && activation == Activation::kSilu) {
      return SwigluRow<T, E>(kept.gate.data() + begin, kept.up.data() + begin, end - begin, kept.hidden.data() + begin);
    }
    std::vector<T> up = Widened<T>(kept.up, begin, end);
    if (gated) {
      GatedActivationForward<T>(activation, Widened<T>(kept.gate, begin, end), up, up);
    } else {
      ActivationForward<T>(activation, up, up);
    }
    ConvertRow(up.data(), end - begin, kept.hidden.data() + begin);
  });
}

// scratch.dgate and dup from the gradient of the hidden values, scratch.wide.
template <typename T, typename E>
void ActivateBackward(const Pass<T, E>& pass, bool gated, const FfnActivations<T, E>& kept, FfnScratch<T, E>& scratch) {
  const Activation activation = pass.architecture.activation;
  ForValues(kept.up.size(), [&](int64_t begin, int64_t end) {
    const int64_t count = end - begin;
    const T* dhidden = scratch.wide.data() + begin;
    if (gated && activation == Activation::kSilu) {
      return SwigluRowBackward(kept.gate.data() + begin, kept.up.data() + begin, dhidden, count,
                               scratch.dgate.data() + begin, scratch.dup.data() + begin);
    }
    const std::vector<T> up = Widened<T>(kept.up, begin, end);
    std::vector<T> dup(count);
    if (gated) {
      std::vector<T> dgate(count);
      GatedActivationBackward<T>(activation, Widened<T>(kept.gate, begin, end), up, std::span(dhidden, count), dgate,
                                 dup);
      ConvertRow(dgate.data(), count, scratch.dgate.data() + begin);
    } else {
      ActivationBackward<T>(activation, up, std::span(dhidden, count), dup);
    }
    ConvertRow(dup.data(), count, scratch.dup.data() + begin);
  });
}

}  // namespace

template <typename T, typename E>
void FfnForward(const Pass<T, E>& pass, const FfnSlot& slot, int64_t rows, const E* x, bool accumulate, T* y,
                FfnActivations<T, E>& kept, FfnScratch<T, E>& scratch) {
  const bool gated = slot.gate.present();
  const int64_t size = rows * slot.up.out;
  scratch.wide.Resize(size);
  const auto project = [&](const LinearSlot& linear, Buffer<E>& out) {
    LinearForward(pass, linear, rows, x, false, scratch.wide.data());
    out.Resize(size);
    ConvertRows<T, E>(std::span<const T>(scratch.wide), out.data());
  };
  if (gated) project(slot.gate, kept.gate);
  project(slot.up, kept.up);
  kept.hidden.Resize(size);
  Activate(pass, gated, kept);
  LinearForward(pass, slot.down, rows, kept.hidden.data(), accumulate, y);
}

template <typename T, typename E>
void FfnBackward(const Pass<T, E>& pass, const FfnSlot& slot, int64_t rows, const E* x, const E* dy, bool accumulate,
                 T* dx, const FfnActivations<T, E>& kept, FfnScratch<T, E>& scratch) {
  const bool gated = slot.gate.present();
  const int64_t size = rows * slot.up.out;
  scratch.wide.Resize(size);
  LinearBackward(pass, slot.down, rows, kept.hidden.data(), dy, false, scratch.wide.data());
  scratch.dup.Resize(size);
  if (gated) scratch.dgate.Resize(size);
  ActivateBackward(pass, gated, kept, scratch);
  LinearBackward(pass, slot.up, rows, x, scratch.dup.data(), accumulate, dx);
  if (gated) LinearBackward(pass, slot.gate, rows, x, scratch.dgate.data(), true, dx);
}

#define BANTAM_INSTANTIATE(T, E)                                                                            \
  template void FfnForward<T, E>(const Pass<T, E>&, const FfnSlot&, int64_t, const E*, bool, T*,            \
                                 FfnActivations<T, E>&, FfnScratch<T, E>&);                                 \
  template void FfnBackward<T, E>(const Pass<T, E>&, const FfnSlot&, int64_t, const E*, const E*, bool, T*, \
                                  const FfnActivations<T, E>&, FfnScratch<T, E>&)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
