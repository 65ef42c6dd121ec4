// What every kernels_*.cc includes before it switches to its instruction set: no function of the standard library or of
// another room may be compiled for a CPU that the program has not asked for yet.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "runtime/kernels/kernels.h"
#include "tensor/codec.h"
#include "tensor/codec/half.h"
#include "tensor/codec/iq4.h"
#include "tensor/codec/mxfp4.h"
#include "tensor/codec/q4_q5.h"
#include "tensor/codec/q8_0.h"

namespace bantam {

// One per kernels_*.cc.
const Kernels& ScalarKernels();
const Kernels& Avx2Kernels();
const Kernels& Avx512Kernels();

}  // namespace bantam
