#include "runtime/matrix.h"

#include <algorithm>

#include "base/error.h"

namespace bantam {
namespace {

// Waking a thread costs some 10 microseconds; a piece of work should be worth that: multiply-adds, at about 10 per nanosecond.
constexpr int64_t kMinimalWork = 1 << 18;
// Pieces per thread: what one slow thread can make the others wait for is 1/8 of its share.
constexpr int64_t kPiecesPerThread = 8;
// Pieces start at multiples of the tallest tile.
constexpr int64_t kRowGranule = 4;

int64_t Work(const Product& product) { return product.matrix.rows * product.matrix.cols * product.tokens; }

}  // namespace

Matrix::Matrix(const Tensor& tensor, int64_t row_count, int64_t col_count, const Kernels& kernels)
    : dtype(tensor.dtype),
      rows(row_count),
      cols(col_count),
      row_bytes(RowBytes(tensor.dtype, col_count)),
      data(tensor.bytes.data()),
      format(ActivationFormatFor(tensor.dtype)),
      multiply(kernels.multiply(tensor.dtype)) {
  if (static_cast<int64_t>(tensor.bytes.size()) != rows * row_bytes) {
    Fail(ErrorCode::kInternal, "a tensor " + ToString(tensor.shape) + " was taken for a matrix of " +
                                   std::to_string(rows) + " x " + std::to_string(cols));
  }
}

Matrix Matrix::Rows(int64_t begin, int64_t end) const {
  Matrix part = *this;
  part.data += begin * row_bytes;
  part.rows = end - begin;
  return part;
}

void MultiplyAll(ThreadPool& pool, std::span<const Product> products) {
  int64_t total = 0;
  for (const Product& product : products) total += Work(product);
  const int64_t piece = std::max(kMinimalWork, total / (pool.threads() * kPiecesPerThread) + 1);
  const auto rows_per_piece = [&](const Product& product) {
    const int64_t per_row = std::max<int64_t>(1, product.matrix.cols * product.tokens);
    return (std::max<int64_t>(1, piece / per_row) + kRowGranule - 1) / kRowGranule * kRowGranule;
  };
  const auto pieces = [&](const Product& product) {
    const int64_t rows = rows_per_piece(product);
    return product.tokens == 0 ? 0 : (product.matrix.rows + rows - 1) / rows;
  };
  int64_t parts = 0;
  for (const Product& product : products) parts += pieces(product);
  pool.Run(parts, [&](int64_t part) {
    size_t p = 0;
    while (part >= pieces(products[p])) part -= pieces(products[p++]);
    const Product& product = products[p];
    const Matrix& m = product.matrix;
    const int64_t rows = rows_per_piece(product);
    m.multiply({.dtype = m.dtype,
                .weights = m.data,
                .row_bytes = m.row_bytes,
                .cols = m.cols,
                .row_begin = part * rows,
                .row_end = std::min(m.rows, (part + 1) * rows),
                .tokens = product.tokens,
                .x = product.x,
                .out = product.out});
  });
}

}  // namespace bantam
