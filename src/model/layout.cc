#include "model/layout.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "tensor/codec.h"

namespace bantam {

namespace {

// The row of a half-split head that stands at `row` when its RoPE pairs are interleaved.
int64_t HalfSplitRow(int64_t row, int64_t half) {
  const int64_t head_start = row / (2 * half) * (2 * half);
  const int64_t within = row % (2 * half);
  return head_start + within / 2 + within % 2 * half;
}

Tensor MoveHeadRows(const Tensor& source, int64_t heads, bool to_interleaved) {
  const int64_t rows = source.shape.front();
  const int64_t half = rows / heads / 2;
  const size_t row_bytes = source.bytes.size() / static_cast<size_t>(rows);
  std::byte* out = nullptr;
  Tensor result = Tensor::Allocate(source.dtype, source.shape, &out);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t split = HalfSplitRow(row, half);
    const int64_t from = to_interleaved ? split : row, to = to_interleaved ? row : split;
    std::memcpy(out + to * row_bytes, source.bytes.data() + from * row_bytes, row_bytes);
  }
  return result;
}

Tensor AddToAll(const Tensor& source, float term) {
  std::vector<float> values = ToFloats(source);
  for (float& value : values) value += term;
  return Tensor::FromFloats(source.shape, values);
}

}  // namespace

Tensor PermuteHeadRows(const Tensor& source, int64_t heads) { return MoveHeadRows(source, heads, true); }

Tensor UnpermuteHeadRows(const Tensor& source, int64_t heads) { return MoveHeadRows(source, heads, false); }

Tensor Transpose(const Tensor& source) {
  const int64_t rows = source.shape.at(0), columns = source.shape.at(1);
  if (Info(source.dtype).block_values != 1) Fail(ErrorCode::kInternal, "blocks cannot be transposed");
  const size_t size = Info(source.dtype).block_bytes;
  std::byte* out = nullptr;
  Tensor result = Tensor::Allocate(source.dtype, {columns, rows}, &out);
  // Tiles keep both sides' cache lines in use: 16 lines of 64 bytes each.
  constexpr int64_t kTile = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
    for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
      for (int64_t r = r0; r < std::min(r0 + kTile, rows); ++r) {
        for (int64_t c = c0; c < std::min(c0 + kTile, columns); ++c) {
          std::memcpy(out + (c * rows + r) * size, source.bytes.data() + (r * columns + c) * size, size);
        }
      }
    }
  }
  return result;
}

Tensor AddOne(const Tensor& source) { return AddToAll(source, 1.0F); }

Tensor SubtractOne(const Tensor& source) { return AddToAll(source, -1.0F); }

Tensor StackExperts(const std::vector<Tensor>& experts) {
  Shape shape = experts.front().shape;
  shape.insert(shape.begin(), static_cast<int64_t>(experts.size()));
  const DType dtype = experts.front().dtype;
  const bool uniform = std::all_of(experts.begin(), experts.end(), [&](const Tensor& e) { return e.dtype == dtype; });
  std::byte* out = nullptr;
  Tensor result = Tensor::Allocate(uniform ? dtype : DType::kF32, std::move(shape), &out);
  for (const Tensor& expert : experts) {
    if (uniform) {
      out = std::copy(expert.bytes.begin(), expert.bytes.end(), out);
    } else {
      const std::vector<float> values = ToFloats(expert);
      const auto bytes = std::as_bytes(std::span(values));
      out = std::copy(bytes.begin(), bytes.end(), out);
    }
  }
  return result;
}

std::vector<Tensor> UnstackExperts(const Tensor& source) {
  std::vector<Tensor> experts;
  const int64_t rows = source.shape.at(1);
  for (int64_t expert = 0; expert < source.shape.at(0); ++expert) {
    experts.push_back(source.Rows(expert * rows, (expert + 1) * rows));
  }
  return experts;
}

}  // namespace bantam
