// The matrix product every operator is built on: the workbench's GEMM for float, plain loops for double. Double exists
// for finite differences of gradients and for comparing operators, where models are tiny and speed does not matter.
#pragma once

#include <cstdint>

#include "math/gemm.h"

namespace bantam {

// A matrix inside a larger one: row i starts at data + i * stride.
template <typename T>
struct Strided {
  T* data;
  int64_t stride;

  T* Row(int64_t i) const { return data + i * stride; }
};

// c [m, n] = alpha a [m, k] b [n, k]^T
inline void MatMulTransposed(int64_t m, int64_t n, int64_t k, float alpha, Strided<const float> a,
                             Strided<const float> b, Strided<float> c) {
  Gemm(false, true, m, n, k, alpha, a.data, a.stride, b.data, b.stride, 0.0f, c.data, c.stride);
}

inline void MatMulTransposed(int64_t m, int64_t n, int64_t k, double alpha, Strided<const double> a,
                             Strided<const double> b, Strided<double> c) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t x = 0; x < k; ++x) sum += a.Row(i)[x] * b.Row(j)[x];
      c.Row(i)[j] = alpha * sum;
    }
  }
}

// c [m, n] = a [m, k] b [k, n]
inline void MatMul(int64_t m, int64_t n, int64_t k, Strided<const float> a, Strided<const float> b, Strided<float> c) {
  Gemm(false, false, m, n, k, 1.0f, a.data, a.stride, b.data, b.stride, 0.0f, c.data, c.stride);
}

inline void MatMul(int64_t m, int64_t n, int64_t k, Strided<const double> a, Strided<const double> b,
                   Strided<double> c) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t x = 0; x < k; ++x) sum += a.Row(i)[x] * b.Row(x)[j];
      c.Row(i)[j] = sum;
    }
  }
}

}  // namespace bantam
