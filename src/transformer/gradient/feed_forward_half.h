// The feed-forward half of a block, x += mlp(norm(x)) or x += experts(norm(x)), forward and backward. Private to
// src/transformer.
#pragma once

#include "transformer/gradient/experts.h"

namespace bantam {

template <typename T, typename E>
struct FeedForwardActivations {
  Buffer<T> x;          // [tokens, d_model], entering
  Buffer<E> h;          // [tokens, d_model], normed
  Buffer<T> projected;  // [tokens, d_model] before the post norm, where there is one
  FfnActivations<T, E> dense;
  ExpertActivations<T, E> experts;
};

template <typename T, typename E>
struct FeedForwardScratch {
  FfnScratch<T, E> dense;
  ExpertScratch<T, E> experts;
  Buffer<T> rows, drows;
  Buffer<E> dy;
};

// x [tokens, d_model] in place.
template <typename T, typename E>
void FeedForwardForward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots, std::span<T> x,
                        FeedForwardActivations<T, E>& kept, FeedForwardScratch<T, E>& scratch, TrainingLoss& loss);

// dx [tokens, d_model]: the gradient of the half's output, and on return of its input.
template <typename T, typename E>
void FeedForwardBackward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots,
                         const FeedForwardActivations<T, E>& kept, std::span<T> dx, FeedForwardScratch<T, E>& scratch);

}  // namespace bantam
