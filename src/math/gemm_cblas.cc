#include <cblas.h>
#include <dlfcn.h>

#include <algorithm>
#include <climits>

#include "base/error.h"
#include "math/gemm_backend.h"

namespace bantam {
namespace {

// OpenBLAS keeps a number of threads of its own beside OpenMP's. Other libraries do not know this name.
bool UseOneOpenBlasThread() {
  using SetThreads = void (*)(int);
  const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
  return true;
}

}  // namespace

void CblasGemm(const GemmCall& call) {
  [[maybe_unused]] static const bool once = UseOneOpenBlasThread();
  if (std::max({call.k, call.lda, call.ldb, call.ldc}) > INT_MAX) {
    Fail(ErrorCode::kUnsupported, "CBLAS takes dimensions up to 2^31 - 1", "GEMM", "use the oneDNN backend");
  }
  cblas_sgemm(CblasRowMajor, call.transpose_a ? CblasTrans : CblasNoTrans, call.transpose_b ? CblasTrans : CblasNoTrans,
              static_cast<int>(call.m), static_cast<int>(call.n), static_cast<int>(call.k), call.alpha, call.a,
              static_cast<int>(call.lda), call.b, static_cast<int>(call.ldb), call.beta, call.c,
              static_cast<int>(call.ldc));
}

}  // namespace bantam
