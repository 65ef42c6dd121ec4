// The kernels for AVX512 (isa.h); empty on other CPU families.
#if defined(__x86_64__)

#include <immintrin.h>

#include "runtime/kernels/common.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
#endif

#define BANTAM_TARGET avx512
#include "runtime/kernels/vec_avx512-inl.h"

#include "runtime/kernels/table-inl.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace bantam {

const Kernels& Avx512Kernels() {
  static const Kernels table = avx512::MakeTable(Isa::kAvx512);
  return table;
}

}  // namespace bantam

#endif  // defined(__x86_64__)
