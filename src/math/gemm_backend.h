// What a matrix library has to offer gemm.cc: products on the calling thread alone. Private to src/math.
#pragma once

#include <cstdint>

namespace bantam {

// Operands as in gemm.h; m, n, k >= 1.
struct GemmCall {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  float alpha;
  const float* a;
  int64_t lda;
  const float* b;
  int64_t ldb;
  float beta;
  float* c;
  int64_t ldc;
};

// C[m, n] = op(A) op(B) or C += op(A) op(B), A and B in bfloat16.
struct GemmBf16Call {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  const uint16_t* a;
  int64_t lda;
  const uint16_t* b;
  int64_t ldb;
  bool accumulate;
  float* c;
  int64_t ldc;
};

void OneDnnGemm(const GemmCall& call);
void OneDnnGemmBf16(const GemmBf16Call& call);
bool OneDnnHasBf16();

void CblasGemm(const GemmCall& call);

// Keeps the OpenMP runtime that a matrix library brought (libgomp, libomp, ...) to one thread on the calling thread.
// Looked up among the loaded libraries and not linked: linking would have to guess which runtime the library was built
// with, and a second one in the process costs twofold to threefold.
void UseOneOpenMpThread();

}  // namespace bantam
