// The two halves of a transformer block over a batch, composed of the operators in ops/. Private to src/transformer.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/architecture.h"
#include "transformer/ops/rope.h"
#include "transformer/transformer.h"
#include "transformer/weights.h"

namespace bantam {

// What is fixed during one forward pass.
struct ForwardContext {
  const Architecture& architecture;
  const RopeTable<float>& rope;             // for the longest sequence
  std::span<const int64_t> sequence_begin;  // [sequences + 1]: first row of each sequence in the batch
  const Tap& tap;

  int64_t tokens() const { return sequence_begin.back(); }
};

// Calls body(begin, end) for ranges that cover [0, rows), several at a time. For loops that treat every row alone.
void ForRows(int64_t rows, const std::function<void(int64_t begin, int64_t end)>& body);

// Rows [begin, end) of a dense matrix.
template <typename T>
std::span<T> RowRange(std::span<T> matrix, int64_t columns, int64_t begin, int64_t end) {
  return matrix.subspan(begin * columns, (end - begin) * columns);
}

// y = norm(x; weights), x and y: [rows, width of the gain]; y may be x.
void ApplyNorm(const Architecture& architecture, const NormWeights& weights, std::span<const float> x,
               std::span<float> y);

// Tells the tap about x and returns x W^T + b: [rows, out].
std::vector<float> ApplyLinear(const ForwardContext& context, int64_t layer, const LinearWeights& weights,
                               std::span<const float> x, int64_t rows);

// x += from.
void AddRows(std::span<const float> from, std::span<float> x);

// x [tokens, d_model] += attention(norm(x)) or feed_forward(norm(x)), with the architecture's post norms.
void AttentionHalf(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights, std::span<float> x);
void FeedForwardHalf(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights,
                     std::span<float> x);

}  // namespace bantam
