#include "transformer/gradient/head.h"

#include <algorithm>
#include <cmath>

#include "transformer/ops/cross_entropy.h"
#include "transformer/ops/soft_cap.h"

namespace bantam {
namespace {

// Logits of rows [begin, end), their losses and, in a backward pass, what follows for the head and for dh.
template <typename T, typename E>
void HeadRows(const Pass<T, E>& pass, const LinearSlot& head, const TrainingBatch& batch, double scale, int64_t begin,
              int64_t end, std::span<double> nll, HeadScratch<T, E>& scratch) {
  const int64_t rows = end - begin, vocab = head.out, width = head.in;
  const double cap = pass.architecture.logit_soft_cap;
  const E* h = scratch.h.data() + begin * width;
  scratch.logits.Resize(rows * vocab);
  scratch.dlogits.Resize(rows * vocab);
  LinearForward(pass, head, rows, h, false, scratch.logits.data());
  constexpr int64_t kGrain = 16;
  WorkbenchPool().ForRanges(rows, kGrain, [&](int64_t first, int64_t last) {
    std::vector<T> capped(cap > 0.0 ? vocab : 0);  // the gradient before the cap's
    for (int64_t row = first; row < last; ++row) {
      const int64_t token = begin + row;
      const std::span<T> logits = std::span<T>(scratch.logits).subspan(row * vocab, vocab);
      const std::span<E> dlogits = std::span<E>(scratch.dlogits).subspan(row * vocab, vocab);
      const bool counts = batch.weights[token] != 0.0f;
      SoftCapForward(cap, logits);
      if (counts) nll[token] = CrossEntropyForward<T>(logits, batch.targets[token]);
      if (pass.gradients == nullptr) continue;
      const T weight = static_cast<T>(scale * batch.weights[token]);
      if (!counts) {
        std::fill(dlogits.begin(), dlogits.end(), E{});
      } else if (cap > 0.0) {
        CrossEntropyBackward<T, T>(logits, batch.targets[token], static_cast<T>(nll[token]), weight, capped);
        SoftCapBackward<T>(cap, logits, capped);
        ConvertRow(capped.data(), vocab, dlogits.data());
      } else {
        CrossEntropyBackward<T, E>(logits, batch.targets[token], static_cast<T>(nll[token]), weight, dlogits);
      }
    }
  });
  if (pass.gradients != nullptr) {
    LinearBackward(pass, head, rows, h, scratch.dlogits.data(), false, scratch.dh.data() + begin * width);
  }
}

}  // namespace

template <typename T, typename E>
void HeadLoss(const Pass<T, E>& pass, const ModelSlots& slots, const TrainingBatch& batch, double scale, std::span<T> x,
              std::span<double> nll, HeadScratch<T, E>& scratch, TrainingLoss& loss) {
  const int64_t tokens = pass.tokens(), width = slots.head.in;
  scratch.h.Resize(tokens * width);
  NormForward(pass, slots.output_norm, std::span<const T>(x), scratch.h.data());
  scratch.dh.Resize(tokens * width);
  std::fill(nll.begin(), nll.end(), 0.0);
  for (int64_t begin = 0; begin < tokens; begin += kHeadRows) {
    const int64_t end = std::min(begin + kHeadRows, tokens);
    const auto first = batch.weights.begin() + begin;
    if (std::any_of(first, first + (end - begin), [](float weight) { return weight != 0.0f; })) {
      HeadRows(pass, slots.head, batch, scale, begin, end, nll, scratch);
    } else {
      std::fill(scratch.dh.data() + begin * width, scratch.dh.data() + end * width, T{0});
    }
  }
  for (int64_t token = 0; token < tokens; ++token) {
    loss.weighted_nll += batch.weights[token] * nll[token];
    loss.weight += batch.weights[token];
  }
  if (pass.gradients == nullptr) return;
  std::vector<T> dx(x.size());
  NormBackward(pass, slots.output_norm, std::span<const T>(x), std::span<const T>(scratch.dh), dx.data());
  std::copy(dx.begin(), dx.end(), x.begin());
}

#define BANTAM_INSTANTIATE(T, E)                                                                                 \
  template void HeadLoss<T, E>(const Pass<T, E>&, const ModelSlots&, const TrainingBatch&, double, std::span<T>, \
                               std::span<double>, HeadScratch<T, E>&, TrainingLoss&)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
