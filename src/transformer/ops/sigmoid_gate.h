// The gate of a shared expert: one logit per token decides how much of the expert's output is added.
#pragma once

#include <span>

namespace bantam {

// y [rows, width] += x [rows, width] / (1 + exp(-gate [rows]))
template <typename T>
void SigmoidGateForward(std::span<const T> gate, std::span<const T> x, std::span<T> y);

// With s = 1 / (1 + exp(-gate)): dx = s * dy, dgate = s * (1 - s) * sum over the width of x * dy. dx may be x or dy.
template <typename T>
void SigmoidGateBackward(std::span<const T> gate, std::span<const T> x, std::span<const T> dy, std::span<T> dx,
                         std::span<T> dgate);

}  // namespace bantam
