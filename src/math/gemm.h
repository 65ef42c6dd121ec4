// Matrix products of the workbench, row-major, over oneDNN or a CBLAS (CMake: BANTAM_GEMM=auto|onednn|cblas; auto
// compiles in whatever is found). The product is cut into tiles of C by its shape alone and every tile is computed by
// one thread, because both libraries split the inner dimension by their number of threads (oneDNN 2.6 for 256 x 256 x
// 16384, say) and then round differently: here the same call gives the same bits for any number of threads.
#pragma once

#include <cstdint>

namespace bantam {

enum class GemmBackend { kOneDnn, kCblas };
bool GemmBackendAvailable(GemmBackend backend);
void SetGemmBackend(
    GemmBackend backend);  // kUnsupported when it is not compiled in; the default is oneDNN where present
GemmBackend CurrentGemmBackend();
// Threads of the workbench's pool (parallel.h): at least 1, or 0 for one per physical core, which is the default. Not
// while a product runs.
void SetGemmThreads(int threads);

// C[m, n] = alpha * op(A) op(B) + beta * C, op(A): [m, k], op(B): [k, n]. lda, ldb, ldc: row strides in elements of A,
// B and C as they are stored. With beta == 0 the old C is not read, so it may hold NaN. Any dimension may be 0. Safe to
// call from several threads at once.
void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
          const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

// The same product with A and B in bfloat16, sums in float and C = op(A) op(B), or C += op(A) op(B) with `accumulate`. Always
// oneDNN, whatever backend is set: CBLAS has no standard bfloat16 product. kUnsupported where GemmBf16Supported() is false.
void GemmBf16(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const uint16_t* a, int64_t lda,
              const uint16_t* b, int64_t ldb, bool accumulate, float* c, int64_t ldc);
// oneDNN is compiled in and the CPU has AVX-512 (without its BF16 extension the product is emulated, slowly).
bool GemmBf16Supported();

}  // namespace bantam
