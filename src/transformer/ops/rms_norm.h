// Root-mean-square normalisation (Zhang and Sennrich, arXiv:1910.07467).
#pragma once

#include <span>

namespace bantam {

// y = x * gain / sqrt(mean(x^2) + eps) for each row. x, y: [rows, width], gain: [width]. y may be x. The mean is taken
// in double, so its error does not grow with the width.
template <typename T>
void RmsNormForward(std::span<const T> x, std::span<const T> gain, double eps, std::span<T> y);

}  // namespace bantam
