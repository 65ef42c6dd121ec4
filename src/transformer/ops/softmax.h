// Softmax of one row.
#pragma once

#include <span>

namespace bantam {

// x [width] = exp(x - max(x)) / sum of these, in place. The sum is taken in double, so the result adds up to 1 within
// the rounding of T per value whatever the width.
template <typename T>
void SoftmaxForward(std::span<T> x);

// dx_i = y_i * (dy_i - sum_j y_j dy_j) in place of dy, y the forward's result; the sum is taken in double.
template <typename T>
void SoftmaxBackward(std::span<const T> y, std::span<T> dy);

}  // namespace bantam
