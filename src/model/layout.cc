#include "model/layout.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "tensor/codec.h"

namespace bantam {

Tensor PermuteHeadRows(const Tensor& source, int64_t heads) {
  const int64_t rows = source.shape.front();
  const int64_t half = rows / heads / 2;
  const size_t row_bytes = source.bytes.size() / static_cast<size_t>(rows);
  std::byte* out = nullptr;
  Tensor result = Tensor::Allocate(source.dtype, source.shape, &out);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t head_start = row / (2 * half) * (2 * half);
    const int64_t within = row % (2 * half);
    const int64_t from = head_start + within / 2 + within % 2 * half;
    std::memcpy(out + row * row_bytes, source.bytes.data() + from * row_bytes, row_bytes);
  }
  return result;
}

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

Tensor AddOne(const Tensor& source) {
  std::vector<float> values = ToFloats(source);
  for (float& value : values) value += 1.0F;
  return Tensor::FromFloats(source.shape, values);
}

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

}  // namespace bantam
