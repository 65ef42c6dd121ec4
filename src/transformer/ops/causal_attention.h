// Causal attention of training: forward and backward without keeping the probabilities, whose matrix grows with the square of
// a document's length. The forward pass keeps one number per query, the log of its sum of exponentials, and the backward pass
// computes each block of probabilities again from it (Dao et al., arXiv:2205.14135, with whole rows instead of tiles of keys).
//
// T is the type of arithmetic, E that of what goes into matrix products (math/row_loops.h).
#pragma once

#include <cstdint>

#include "transformer/ops/attention.h"
#include "transformer/ops/matmul.h"

namespace bantam {

// Rows of queries and keys that one product takes; every count is rounded up to it, so that a library that generates code per
// shape meets few shapes. Up to this many rows behind a document are read (never used), so they must be there.
inline constexpr int64_t kAttentionBlock = 64;

// One head over one document. q, k, v: [tokens, head_dim], q already multiplied by parameters.scale. out: [tokens, head_dim],
// log_sums: [tokens].
template <typename T, typename E>
void CausalAttentionForward(const AttentionParameters& parameters, int64_t tokens, int64_t head_dim, Strided<const E> q,
                            Strided<const E> k, Strided<const E> v, Strided<E> out, T* log_sums);

// Gradients of the same. dq (of the scaled q) is overwritten; dk and dv [tokens rounded up to the block, head_dim], dense, are
// added to, since the query heads of a group share them.
template <typename T, typename E>
void CausalAttentionBackward(const AttentionParameters& parameters, int64_t tokens, int64_t head_dim,
                             Strided<const E> q, Strided<const E> k, Strided<const E> v, Strided<const E> dout,
                             const T* log_sums, Strided<T> dq, T* dk, T* dv);

}  // namespace bantam
