#include "math/parallel.h"

#include <memory>

#include "base/error.h"
#include "math/gemm.h"

namespace bantam {
namespace {

std::unique_ptr<ThreadPool>& Pool() {
  static std::unique_ptr<ThreadPool> pool = std::make_unique<ThreadPool>();
  return pool;
}

}  // namespace

ThreadPool& WorkbenchPool() { return *Pool(); }

void SetGemmThreads(int threads) {
  if (threads < 0)
    Fail(ErrorCode::kUsage, "the number of threads is negative", "threads", "give 1 or more, or 0 for all cores");
  Pool() = std::make_unique<ThreadPool>(threads);
}

}  // namespace bantam
