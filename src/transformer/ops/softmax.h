// Softmax of one row.
#pragma once

#include <span>

namespace bantam {

// x [width] = exp(x - max(x)) / sum of these, in place. The sum is taken in double, so the result adds up to 1 within
// the rounding of T per value whatever the width.
template <typename T>
void SoftmaxForward(std::span<T> x);

}  // namespace bantam
