// A weight matrix as it is stored, and products with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "runtime/kernels/kernels.h"
#include "tensor/tensor.h"

namespace bantam {

// A view: whoever owns the bytes keeps them alive.
struct Matrix {
  DType dtype = DType::kF32;
  int64_t rows = 0, cols = 0, row_bytes = 0;
  const std::byte* data = nullptr;  // [rows, cols]
  ActivationFormat format = ActivationFormat::kF32;
  void (*multiply)(const MultiplyArgs&) = nullptr;

  Matrix() = default;
  Matrix(const Tensor& tensor, int64_t row_count, int64_t col_count, const Kernels& kernels);

  int64_t bytes() const { return rows * row_bytes; }
  Matrix Rows(int64_t begin, int64_t end) const;
};

// out[t][r] = matrix row r . x[t] for every row of the matrix; x is encoded in matrix.format.
struct Product {
  Matrix matrix;
  int64_t tokens = 0;
  RowsOf<const std::byte> x;
  RowsOf<float> out;
};

// All products at once, cut into pieces of rows for the threads.
void MultiplyAll(ThreadPool& pool, std::span<const Product> products);

}  // namespace bantam
