// The matrix product every operator is built on: the workbench's GEMM for float and bfloat16, plain loops for double. Double
// exists for finite differences of gradients and for comparing operators, where models are tiny and speed does not matter.
#pragma once

#include <cstdint>

#include "math/bfloat16.h"
#include "math/gemm.h"

namespace bantam {

// A matrix inside a larger one: row i starts at data + i * stride.
template <typename T>
struct Strided {
  T* data;
  int64_t stride;

  T* Row(int64_t i) const { return data + i * stride; }
};

enum class Transpose { kNone, kLeft, kRight };  // A B, A^T B, A B^T

// C [m, n] = alpha op(A) op(B), or C += alpha op(A) op(B) with `accumulate`; k is the inner dimension.
inline void Multiply(Transpose transpose, int64_t m, int64_t n, int64_t k, float alpha, Strided<const float> a,
                     Strided<const float> b, bool accumulate, Strided<float> c) {
  Gemm(transpose == Transpose::kLeft, transpose == Transpose::kRight, m, n, k, alpha, a.data, a.stride, b.data,
       b.stride, accumulate ? 1.0f : 0.0f, c.data, c.stride);
}

inline void Multiply(Transpose transpose, int64_t m, int64_t n, int64_t k, double alpha, Strided<const double> a,
                     Strided<const double> b, bool accumulate, Strided<double> c) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t x = 0; x < k; ++x) {
        const double left = transpose == Transpose::kLeft ? a.Row(x)[i] : a.Row(i)[x];
        const double right = transpose == Transpose::kRight ? b.Row(j)[x] : b.Row(x)[j];
        sum += left * right;
      }
      c.Row(i)[j] = alpha * sum + (accumulate ? c.Row(i)[j] : 0.0);
    }
  }
}

// The same of bfloat16 operands, whose product takes no factor: scale what goes in or what comes out.
inline void Multiply(Transpose transpose, int64_t m, int64_t n, int64_t k, Strided<const BFloat16> a,
                     Strided<const BFloat16> b, bool accumulate, Strided<float> c) {
  GemmBf16(transpose == Transpose::kLeft, transpose == Transpose::kRight, m, n, k, &a.data->bits, a.stride,
           &b.data->bits, b.stride, accumulate, c.data, c.stride);
}
inline void Multiply(Transpose transpose, int64_t m, int64_t n, int64_t k, Strided<const float> a,
                     Strided<const float> b, bool accumulate, Strided<float> c) {
  Multiply(transpose, m, n, k, 1.0f, a, b, accumulate, c);
}
inline void Multiply(Transpose transpose, int64_t m, int64_t n, int64_t k, Strided<const double> a,
                     Strided<const double> b, bool accumulate, Strided<double> c) {
  Multiply(transpose, m, n, k, 1.0, a, b, accumulate, c);
}

}  // namespace bantam
