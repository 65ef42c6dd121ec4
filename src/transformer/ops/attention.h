// Causal attention of one head over one sequence, a block of query rows at a time (Vaswani et al., arXiv:1706.03762):
//
//   scores = soft_cap(scale * q k^T);  probabilities = softmax over the visible keys;  out = probabilities v
//
// Query i sees key j when j <= i and, with a window, i - j < window: `window` positions, itself included.
#pragma once

#include <cstdint>
#include <span>

#include "transformer/ops/matmul.h"

namespace bantam {

struct AttentionParameters {
  double scale = 1.0;
  double soft_cap = 0.0;  // 0: none
  int64_t window = 0;     // 0: every earlier position
};

// First key that query `i` sees; the last is i.
inline int64_t FirstVisible(const AttentionParameters& parameters, int64_t i) {
  return parameters.window > 0 && i >= parameters.window ? i - parameters.window + 1 : 0;
}

// Rows [begin, end) of one head. q, out: [tokens, head_dim]; k, v: [tokens, head_dim] of its key/value head; all by the
// rows of the whole sequence, of which those before `end` are read. probabilities: [end - begin, tokens], zero where a
// key is not seen.
template <typename T>
void AttentionRowsForward(const AttentionParameters& parameters, int64_t tokens, int64_t head_dim, int64_t begin,
                          int64_t end, Strided<const T> q, Strided<const T> k, Strided<const T> v,
                          std::span<T> probabilities, Strided<T> out);

}  // namespace bantam
