#include "transformer/gradient/feed_forward_half.h"

#include <algorithm>

namespace bantam {

template <typename T, typename E>
void FeedForwardForward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots, std::span<T> x,
                        FeedForwardActivations<T, E>& kept, FeedForwardScratch<T, E>& scratch, TrainingLoss& loss) {
  const Architecture& a = pass.architecture;
  const int64_t tokens = pass.tokens(), size = static_cast<int64_t>(x.size());
  kept.x.Resize(size);
  ConvertRows<T, T>(x, kept.x.data());
  kept.h.Resize(size);
  NormForward(pass, slots.ffn_norm, std::span<const T>(kept.x), kept.h.data());
  const bool moe = a.LayerIsMoe(layer);
  if (!moe && !a.post_norms) {
    return FfnForward(pass, slots.ffn, tokens, kept.h.data(), true, x.data(), kept.dense, scratch.dense);
  }
  kept.projected.Resize(size);
  if (moe) {
    kept.experts.h.Resize(size);
    NormForward(pass, slots.ffn_norm, std::span<const T>(kept.x), kept.experts.h.data());
    ExpertsForward(pass, layer, slots, kept.h.data(), kept.projected.data(), kept.experts, scratch.experts, loss);
  } else {
    FfnForward(pass, slots.ffn, tokens, kept.h.data(), false, kept.projected.data(), kept.dense, scratch.dense);
  }
  if (!a.post_norms) return AddRow(kept.projected.data(), size, x.data());
  scratch.rows.Resize(size);
  NormForward(pass, slots.post_ffw_norm, std::span<const T>(kept.projected), scratch.rows.data());
  AddRow(scratch.rows.data(), size, x.data());
}

template <typename T, typename E>
void FeedForwardBackward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots,
                         const FeedForwardActivations<T, E>& kept, std::span<T> dx, FeedForwardScratch<T, E>& scratch) {
  const Architecture& a = pass.architecture;
  const int64_t tokens = pass.tokens(), size = static_cast<int64_t>(dx.size());
  std::span<const T> dy = dx;
  if (a.post_norms) {
    scratch.drows.Resize(size);
    std::fill_n(scratch.drows.data(), size, T{0});
    NormBackward(pass, slots.post_ffw_norm, std::span<const T>(kept.projected), dy, scratch.drows.data());
    dy = scratch.drows;
  }
  scratch.rows.Resize(size);
  if (a.LayerIsMoe(layer)) {
    ExpertsBackward(pass, slots, kept.h.data(), dy, scratch.rows.data(), kept.experts, scratch.experts);
  } else {
    scratch.dy.Resize(size);
    ConvertRows<T, E>(dy, scratch.dy.data());
    FfnBackward(pass, slots.ffn, tokens, kept.h.data(), scratch.dy.data(), false, scratch.rows.data(), kept.dense,
                scratch.dense);
  }
  NormBackward(pass, slots.ffn_norm, std::span<const T>(kept.x), std::span<const T>(scratch.rows), dx.data());
}

#define BANTAM_INSTANTIATE(T, E)                                                                                   \
  template void FeedForwardForward<T, E>(const Pass<T, E>&, int64_t, const LayerSlots&, std::span<T>,              \
                                         FeedForwardActivations<T, E>&, FeedForwardScratch<T, E>&, TrainingLoss&); \
  template void FeedForwardBackward<T, E>(const Pass<T, E>&, int64_t, const LayerSlots&,                           \
                                          const FeedForwardActivations<T, E>&, std::span<T>,                       \
                                          FeedForwardScratch<T, E>&)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
