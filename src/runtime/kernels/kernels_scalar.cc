// The kernels in plain C++, for every CPU.
#include "runtime/kernels/common.h"

#define BANTAM_TARGET scalar
#include "runtime/kernels/vec_scalar-inl.h"

#include "runtime/kernels/table-inl.h"

namespace bantam {

const Kernels& ScalarKernels() {
  static const Kernels table = scalar::MakeTable(Isa::kScalar);
  return table;
}

}  // namespace bantam
