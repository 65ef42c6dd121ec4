// The one thread pool of the workbench. Matrix products and the loops around them share it, and no library below starts
// threads of its own: idle threads of a second runtime would spin on the cores that ours needs.
#pragma once

#include "base/thread_pool.h"

namespace bantam {

// SetGemmThreads (gemm.h) sets its size; a reference taken before that call is dead after it.
ThreadPool& WorkbenchPool();

}  // namespace bantam
