// Rounding weights to the INT4 grid they will be stored on, so that training feels it (quantisation-aware training; MobileMoE,
// section 6, eq. 6): symmetric, groups of 32 along a row,
//
//   s = max|W| / 7.5,   q = clamp(round(W / s), -8, 7),   W~ = s q
//
// The gradient goes straight through: dL/dW = dL/dW~.
#pragma once

#include <cstdint>
#include <span>

namespace bantam {

constexpr int64_t kInt4Group = 32;

// In place; the rows are multiples of kInt4Group long, so groups are consecutive runs.
void FakeQuantInt4(std::span<float> weights);

}  // namespace bantam
