// The table of one instruction set. Its .cc file includes this, after its vector type and within its target's pragma; each
// program file has one target, so the -inl.h files can have guards.
#pragma once

#include "runtime/kernels/attend-inl.h"
#include "runtime/kernels/elementwise-inl.h"
#include "runtime/kernels/encode-inl.h"
#include "runtime/kernels/math-inl.h"
#include "runtime/kernels/multiply-inl.h"

namespace bantam::BANTAM_TARGET {

void ExpRow(const float* x, float* out, int64_t n) { Map<Exp>(x, out, n); }
void TanhRow(const float* x, float* out, int64_t n) { Map<Tanh>(x, out, n); }

Kernels MakeTable(Isa isa) {
  return {.isa = isa,
          .encode = Encode,
          .multiply = FindMultiply,
          .attend = Attend,
          .rms_norm = RmsNorm,
          .layer_norm = LayerNorm,
          .rope = Rope,
          .activate = Activate,
          .activate_gated = ActivateGated,
          .softmax = Softmax,
          .sigmoid = SigmoidRow,
          .soft_cap = SoftCap,
          .add = AddRow,
          .scale = ScaleRow,
          .add_scaled = AddScaledRow,
          .to_f16 = ToF16,
          .exp = ExpRow,
          .tanh = TanhRow};
}

}  // namespace bantam::BANTAM_TARGET
