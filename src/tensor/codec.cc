#include "tensor/codec.h"

#include <cstring>
#include <string>

#include "base/error.h"

namespace bantam {
namespace {

template <typename T>
T Load(const std::byte* src, int64_t index) {
  T value;
  std::memcpy(&value, src + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T>
void Store(T value, std::byte* dst, int64_t index) {
  std::memcpy(dst + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

}  // namespace

void DecodeRow(DType dtype, const std::byte* src, float* dst, int64_t values) {
  const int64_t bytes = RowBytes(dtype, values);
  switch (dtype) {
    case DType::kF32:
      if (bytes > 0) std::memcpy(dst, src, static_cast<size_t>(bytes));
      return;
    case DType::kF16:
      for (int64_t i = 0; i < values; ++i) dst[i] = HalfToFloat(Load<uint16_t>(src, i));
      return;
    case DType::kBF16:
      for (int64_t i = 0; i < values; ++i) dst[i] = BFloat16ToFloat(Load<uint16_t>(src, i));
      return;
    default:
      Fail(ErrorCode::kUnsupported, "tensors of type " + std::string(Name(dtype)) + " cannot be decoded");
  }
}

void EncodeRow(DType dtype, const float* src, std::byte* dst, int64_t values) {
  const int64_t bytes = RowBytes(dtype, values);
  switch (dtype) {
    case DType::kF32:
      if (bytes > 0) std::memcpy(dst, src, static_cast<size_t>(bytes));
      return;
    case DType::kF16:
      for (int64_t i = 0; i < values; ++i) Store(FloatToHalf(src[i]), dst, i);
      return;
    case DType::kBF16:
      for (int64_t i = 0; i < values; ++i) Store(FloatToBFloat16(src[i]), dst, i);
      return;
    default:
      Fail(ErrorCode::kUnsupported, "tensors of type " + std::string(Name(dtype)) + " cannot be encoded");
  }
}

std::vector<float> ToFloats(const Tensor& tensor) {
  const int64_t rows = tensor.rows(), row_values = tensor.row_values();
  if (rows == 0) return {};
  const int64_t row_bytes = tensor.row_bytes();
  if (static_cast<int64_t>(tensor.bytes.size()) != rows * row_bytes) {
    Fail(ErrorCode::kInternal, "a tensor " + ToString(tensor.shape) + " of type " + std::string(Name(tensor.dtype)) +
                                   " has " + std::to_string(tensor.bytes.size()) + " bytes");
  }
  std::vector<float> floats(static_cast<size_t>(tensor.elements()));
  for (int64_t row = 0; row < rows; ++row) {
    DecodeRow(tensor.dtype, tensor.bytes.data() + row * row_bytes, floats.data() + row * row_values, row_values);
  }
  return floats;
}

}  // namespace bantam
