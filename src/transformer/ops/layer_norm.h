// Layer normalisation (Ba et al., arXiv:1607.06450).
#pragma once

#include <span>

namespace bantam {

// y = (x - mean(x)) / sqrt(variance(x) + eps) * gain + bias for each row, the variance divided by the width. x, y:
// [rows, width], gain, bias: [width]. y may be x. Mean and variance are taken in double.
template <typename T>
void LayerNormForward(std::span<const T> x, std::span<const T> gain, std::span<const T> bias, double eps,
                      std::span<T> y);

// With n = (x - mean(x)) / sqrt(variance(x) + eps) and g = dy * gain, for each row:
//
//   dx += (g - mean(g) - n * mean(g * n)) / sqrt(variance(x) + eps);  dgain += dy * n;  dbias += dy
//
// Everything within a row is computed in double and rounded when it is added.
template <typename T>
void LayerNormBackward(std::span<const T> x, std::span<const T> gain, double eps, std::span<const T> dy,
                       std::span<T> dx, std::span<T> dgain, std::span<T> dbias);

}  // namespace bantam
