// The gate of a shared expert: one logit per token decides how much of the expert's output is added.
#pragma once

#include <span>

namespace bantam {

// y [rows, width] += x [rows, width] / (1 + exp(-gate [rows]))
template <typename T>
void SigmoidGateForward(std::span<const T> gate, std::span<const T> x, std::span<T> y);

}  // namespace bantam
