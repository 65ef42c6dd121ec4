// What is fixed during one forward and backward pass, and the layers every part of a block is made of. Private to
// src/transformer.
//
// T is the type of arithmetic, of the residual stream and of gradients; E that of the operands of matrix products, which are
// what a pass keeps (math/row_loops.h): <float, float>, <float, BFloat16> or <double, double>. Gradients of weights add up over
// a fixed number of ranges of rows, so the number of threads changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "math/buffer.h"
#include "math/parallel.h"
#include "math/row_loops.h"
#include "transformer/block.h"
#include "transformer/gradient/slots.h"
#include "transformer/ops/matmul.h"
#include "transformer/ops/rope.h"
#include "transformer/trainable.h"

namespace bantam {

template <typename T, typename E>
struct Pass {
  const Architecture& architecture;
  const TrainingOptions& options;
  const T* parameters;
  const E* operands;                        // the parameters as products take them
  T* gradients;                             // null in a forward pass
  std::span<const int64_t> document_begin;  // [documents + 1]
  std::span<const int64_t> positions;       // [tokens], within the document
  const RopeTable<T>& rope;
  double auxiliary_scale = 0.0;

  int64_t tokens() const { return static_cast<int64_t>(positions.size()); }
};

// Rows of zeros behind every operand, for kernels that read whole blocks (ops/causal_attention.h).
inline constexpr int64_t kPaddingRows = 64;

// Calls body(shard, begin, end) for ranges that cover [0, rows); which range is which shard depends on `rows` alone.
inline constexpr int64_t kRowShards = 16;
void ForRowShards(int64_t rows, const std::function<void(int64_t shard, int64_t begin, int64_t end)>& body);

// y = x, rounded where O is bfloat16.
template <typename T, typename O>
void ConvertRows(std::span<const T> x, O* y) {
  constexpr int64_t kGrain = 1 << 14;
  WorkbenchPool().ForRanges(static_cast<int64_t>(x.size()), kGrain,
                            [&](int64_t begin, int64_t end) { ConvertRow(x.data() + begin, end - begin, y + begin); });
}

// y [rows, width] = norm(x [rows, width]); O is T or E.
template <typename T, typename E, typename O>
void NormForward(const Pass<T, E>& pass, const NormSlot& norm, std::span<const T> x, O* y);

// dx += and the gradients of gain and bias +=, from the input and the gradient of the output.
template <typename T, typename E>
void NormBackward(const Pass<T, E>& pass, const NormSlot& norm, std::span<const T> x, std::span<const T> dy, T* dx);

// y [rows, out] = x [rows, in] W^T + b, or y += with `accumulate`.
template <typename T, typename E>
void LinearForward(const Pass<T, E>& pass, const LinearSlot& linear, int64_t rows, const E* x, bool accumulate, T* y);

// dx [rows, in] = dy [rows, out] W (or +=; null: not wanted); the gradients of W and b +=.
template <typename T, typename E>
void LinearBackward(const Pass<T, E>& pass, const LinearSlot& linear, int64_t rows, const E* x, const E* dy,
                    bool accumulate, T* dx);

}  // namespace bantam
