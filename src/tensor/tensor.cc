#include "tensor/tensor.h"

#include <cstring>
#include <new>

#include "base/error.h"

namespace bantam {
namespace {

// A cache line, and the widest vector there is.
constexpr std::align_val_t kAlignment{64};

std::shared_ptr<std::byte> NewBuffer(int64_t bytes, const Shape& shape) {
  void* memory = ::operator new(static_cast<size_t>(bytes), kAlignment, std::nothrow);
  if (memory == nullptr) {
    Fail(ErrorCode::kMemory, "no memory for a tensor " + ToString(shape) + " of " + std::to_string(bytes) + " bytes");
  }
  return {static_cast<std::byte*>(memory), [](std::byte* buffer) { ::operator delete(buffer, kAlignment); }};
}

}  // namespace

std::string ToString(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

int64_t ElementCount(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t dimension : shape) count *= dimension;
  return count;
}

bool CheckedElementCount(const Shape& shape, int64_t* count) {
  int64_t product = 1;
  for (const int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(product, dimension, &product)) return false;
  }
  *count = product;
  return true;
}

Tensor Tensor::Rows(int64_t begin, int64_t end) const {
  if (begin < 0 || begin > end || end > rows()) {
    Fail(ErrorCode::kInternal, "rows " + std::to_string(begin) + " to " + std::to_string(end) + " of a tensor " +
                                   ToString(shape) + " of " + std::to_string(rows()) + " rows");
  }
  const auto offset = static_cast<size_t>(begin * row_bytes());
  const auto count = static_cast<size_t>((end - begin) * row_bytes());
  if (offset + count > bytes.size()) {
    Fail(ErrorCode::kInternal, "a tensor " + ToString(shape) + " of type " + std::string(Name(dtype)) + " has only " +
                                   std::to_string(bytes.size()) + " bytes");
  }
  return {dtype, {end - begin, row_values()}, bytes.subspan(offset, count), owner};
}

Tensor Tensor::FromFloats(Shape shape, std::span<const float> values) {
  std::byte* data = nullptr;
  Tensor tensor = Allocate(DType::kF32, std::move(shape), &data);
  if (tensor.bytes.size() != values.size_bytes()) {
    Fail(ErrorCode::kInternal, std::to_string(values.size()) + " values given for a tensor " + ToString(tensor.shape));
  }
  if (!values.empty()) std::memcpy(data, values.data(), values.size_bytes());
  return tensor;
}

Tensor Tensor::Allocate(DType dtype, Shape shape, std::byte** data) {
  int64_t elements = 0, total_bytes = 0;
  if (!CheckedElementCount(shape, &elements)) {
    Fail(ErrorCode::kMemory, "a tensor " + ToString(shape) + " is larger than any memory");
  }
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  if (__builtin_mul_overflow(tensor.rows(), tensor.row_bytes(), &total_bytes)) {
    Fail(ErrorCode::kMemory, "a tensor " + ToString(tensor.shape) + " is larger than any memory");
  }
  auto buffer = NewBuffer(total_bytes, tensor.shape);
  *data = buffer.get();
  tensor.bytes = {buffer.get(), static_cast<size_t>(total_bytes)};
  tensor.owner = std::move(buffer);
  return tensor;
}

}  // namespace bantam
