// The end of a model: output norm, head and cross-entropy, forward and backward, a few hundred rows at a time, so that the
// logits of a whole batch are never in memory. Private to src/transformer.
#pragma once

#include "transformer/gradient/pass.h"

namespace bantam {

template <typename T, typename E>
struct HeadScratch {
  Buffer<E> h, dlogits;
  Buffer<T> logits, dh;
};

// nll [tokens] (0 where the weight is 0) and the loss's two sums, from x [tokens, d_model], which the blocks left. In a backward
// pass x becomes the gradient of `scale` times the weighted loss.
template <typename T, typename E>
void HeadLoss(const Pass<T, E>& pass, const ModelSlots& slots, const TrainingBatch& batch, double scale, std::span<T> x,
              std::span<double> nll, HeadScratch<T, E>& scratch, TrainingLoss& loss);

}  // namespace bantam
