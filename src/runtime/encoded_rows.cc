#include "runtime/encoded_rows.h"

#include <algorithm>

namespace bantam {

void EncodedRows::Need(const Matrix& matrix, int64_t rows) {
  if (matrix.rows == 0) return;
  int64_t& bytes = formats_[static_cast<size_t>(matrix.format)].bytes;
  bytes = std::max(bytes, rows * ActivationRowBytes(matrix.format, matrix.cols));
}

void EncodedRows::Reserve(Arena& arena) {
  for (Format& format : formats_) {
    if (format.bytes > 0) arena.Reserve(&format.rows, format.bytes);
  }
}

void EncodedRows::Begin(int64_t cols) {
  cols_ = cols;
  for (Format& format : formats_) format.wanted = false;
}

void EncodedRows::Add(const Matrix& matrix) {
  if (matrix.rows > 0) formats_[static_cast<size_t>(matrix.format)].wanted = true;
}

void EncodedRows::Encode(const Kernels& kernels, int64_t row, const float* x) {
  for (size_t i = 0; i < formats_.size(); ++i) {
    if (!formats_[i].wanted) continue;
    const auto format = static_cast<ActivationFormat>(i);
    kernels.encode(format, x, cols_, formats_[i].rows + row * ActivationRowBytes(format, cols_));
  }
}

RowsOf<const std::byte> EncodedRows::For(const Matrix& matrix, const int32_t* index) const {
  return {formats_[static_cast<size_t>(matrix.format)].rows, ActivationRowBytes(matrix.format, cols_), index};
}

}  // namespace bantam
