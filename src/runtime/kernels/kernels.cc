#include "runtime/kernels/kernels.h"

#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/kernels/common.h"

namespace bantam {

ActivationFormat ActivationFormatFor(DType weights) {
  switch (weights) {
    case DType::kF16:
      return ActivationFormat::kF16;
    case DType::kBF16:
      return ActivationFormat::kBF16;
    case DType::kQ8_0:
    case DType::kQ4_0:
    case DType::kQ4_1:
    case DType::kQ5_0:
    case DType::kQ5_1:
    case DType::kIQ4_NL:
    case DType::kMXFP4:
      return ActivationFormat::kQ8;
    case DType::kQ2_K:
    case DType::kQ3_K:
    case DType::kQ4_K:
    case DType::kQ5_K:
    case DType::kQ6_K:
    case DType::kIQ4_XS:
    case DType::kTQ1_0:
    case DType::kTQ2_0:
      return ActivationFormat::kQ8K;
    default:
      return ActivationFormat::kF32;
  }
}

Nonlinearity NonlinearityFor(Activation activation, DType down) {
  switch (activation) {
    case Activation::kSilu:
      return Nonlinearity::kSilu;
    case Activation::kGeluErf:
      return Nonlinearity::kGeluErf;
    case Activation::kGeluTanh:
      break;
  }
  return ActivationFormatFor(down) == ActivationFormat::kF32 ? Nonlinearity::kGeluTanh : Nonlinearity::kGeluTanhF16;
}

const uint16_t* GeluOfHalves() {
  static const std::vector<uint16_t> table = [] {
    std::vector<uint16_t> values(65536);
    for (uint32_t half = 0; half < values.size(); ++half) {
      const float x = HalfToFloat(static_cast<uint16_t>(half));
      const float u = 0.79788456080286535588f * x * (1.0f + 0.044715f * x * x);  // sqrt(2 / pi)
      values[half] = FloatToHalf(0.5f * x * (1.0f + std::tanh(u)));
    }
    return values;
  }();
  return table.data();
}

const Kernels& KernelsFor(Isa isa) {
  if (!CanRun(isa)) Fail(ErrorCode::kInternal, "kernels asked for that cannot run here", std::string(IsaName(isa)));
#if defined(__x86_64__)
  if (isa == Isa::kAvx2) return Avx2Kernels();
  if (isa == Isa::kAvx512) return Avx512Kernels();
#endif
  return ScalarKernels();
}

}  // namespace bantam
