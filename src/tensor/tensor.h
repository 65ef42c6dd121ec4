// A named-type, shaped view of bytes that keeps its storage alive: a slice of a mapped file or a buffer of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace bantam {

// Dimensions outermost first, as PyTorch and safetensors write them; GGUF stores the reverse. The last one is
// contiguous and is what blocks divide. A scalar has no dimensions.
using Shape = std::vector<int64_t>;

std::string ToString(const Shape& shape);  // "[4096, 1024]"
int64_t ElementCount(const Shape& shape);  // product; callers have checked it against overflow (CheckedElementCount)
bool CheckedElementCount(const Shape& shape, int64_t* count);  // false on overflow or a negative dimension

struct Tensor {
  DType dtype = DType::kF32;
  Shape shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  // keeps `bytes` alive

  int64_t elements() const { return ElementCount(shape); }
  int64_t row_values() const { return shape.empty() ? 1 : shape.back(); }
  int64_t rows() const { return row_values() == 0 ? 0 : elements() / row_values(); }  // all leading dimensions together
  int64_t row_bytes() const { return RowBytes(dtype, row_values()); }

  // Rows [begin, end) of the flattened [rows, row_values] matrix, sharing the storage; shape [end - begin, row_values].
  Tensor Rows(int64_t begin, int64_t end) const;

  // A tensor that owns a copy of `values` as F32 / an uninitialised buffer of its own that `*data` points to.
  static Tensor FromFloats(Shape shape, std::span<const float> values);
  static Tensor Allocate(DType dtype, Shape shape, std::byte** data);
};

}  // namespace bantam
