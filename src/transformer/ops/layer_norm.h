// Layer normalisation (Ba et al., arXiv:1607.06450).
#pragma once

#include <span>

namespace bantam {

// y = (x - mean(x)) / sqrt(variance(x) + eps) * gain + bias for each row, the variance divided by the width. x, y:
// [rows, width], gain, bias: [width]. y may be x. Mean and variance are taken in double.
template <typename T>
void LayerNormForward(std::span<const T> x, std::span<const T> gain, std::span<const T> bias, double eps,
                      std::span<T> y);

}  // namespace bantam
