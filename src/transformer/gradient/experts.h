// Routed and shared experts, forward and backward. Rows are sorted by expert into one array in which every expert's part is
// padded with zero rows to a multiple of kExpertRows, so that products meet few shapes; experts run side by side. Private to
// src/transformer.
#pragma once

#include "transformer/gradient/feed_forward.h"

namespace bantam {

template <typename T, typename E>
struct ExpertActivations {
  Buffer<T> h;                    // [tokens, d_model], what the router sees
  Buffer<T> logits, scores;       // [tokens, experts]
  std::vector<int32_t> chosen;    // [tokens, used]
  std::vector<T> shares;          // [tokens, used]
  std::vector<int64_t> begin;     // [experts + 1]: rows of each expert, padding included
  std::vector<int64_t> counts;    // [experts]: rows without padding
  std::vector<int64_t> token_of;  // [rows]: -1 for padding
  std::vector<int64_t> place;     // [tokens, used]: the sorted row of each choice
  Buffer<E> x;                    // [rows, d_model]
  Buffer<T> y;                    // [rows, d_model]
  std::vector<FfnActivations<T, E>> experts;
  FfnActivations<T, E> shared;
  Buffer<T> shared_y, gate;  // where the shared expert has a gate: [tokens, d_model], [tokens]
};

template <typename T, typename E>
struct ExpertScratch {
  FfnScratch<T, E> shared;
  Buffer<T> dx, dscores;
  Buffer<E> dy;
};

// y [tokens, d_model] = experts(h), h [tokens, d_model] as operands and, in kept.h, as T. Adds to the losses and counts the
// tokens of every expert.
template <typename T, typename E>
void ExpertsForward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots, const E* h, T* y,
                    ExpertActivations<T, E>& kept, ExpertScratch<T, E>& scratch, TrainingLoss& loss);

// dh [tokens, d_model] = the gradient of h, from dy.
template <typename T, typename E>
void ExpertsBackward(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, std::span<const T> dy, T* dh,
                     const ExpertActivations<T, E>& kept, ExpertScratch<T, E>& scratch);

}  // namespace bantam
