// The attention half of a block, x += attention(norm(x)), forward and backward. Private to src/transformer.
#pragma once

#include "transformer/gradient/pass.h"

namespace bantam {

// What the forward pass keeps for the backward pass.
template <typename T, typename E>
struct AttentionActivations {
  Buffer<T> x;             // [tokens, d_model], entering
  Buffer<E> h;             // [tokens, d_model], normed
  Buffer<T> q_raw, k_raw;  // before the q and k norms, where there are any
  Buffer<E> q;             // [tokens + padding, heads, head_dim], turned and scaled
  Buffer<E> k, v;          // [tokens + padding, kv_heads, head_dim]
  Buffer<T> log_sums;      // [heads, tokens]
  Buffer<E> attended;      // [tokens, heads, head_dim]
  Buffer<T> projected;     // [tokens, d_model] before the post norm, where there is one
};

// Space that one pass after another uses.
template <typename T, typename E>
struct AttentionScratch {
  Buffer<T> q, k, v, rows;
  Buffer<E> dq, dk, dv, dout, dy;
};

// x [tokens, d_model] in place.
template <typename T, typename E>
void AttentionForward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots, std::span<T> x,
                      AttentionActivations<T, E>& kept, AttentionScratch<T, E>& scratch);

// dx [tokens, d_model]: the gradient of the half's output, and on return of its input.
template <typename T, typename E>
void AttentionBackward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots,
                       const AttentionActivations<T, E>& kept, std::span<T> dx, AttentionScratch<T, E>& scratch);

}  // namespace bantam
