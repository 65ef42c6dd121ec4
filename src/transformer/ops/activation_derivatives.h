// The functions of activation.h with their derivatives: what both passes over values share. With s = 1 / (1 + e^-x), the
// normal distribution's density phi and t = tanh(u(x)) of the tanh form,
//
//   silu' = s (1 + x (1 - s)),  gelu_erf' = (1 + erf(x / sqrt 2)) / 2 + x phi(x),
//   gelu_tanh' = (1 + t) / 2 + x (1 - t^2) u' / 2,  u' = sqrt(2 / pi) (1 + 3 * 0.044715 x^2)
//
// A compiler drops the half of a result that is not read.
#pragma once

#include <cmath>
#include <numbers>

namespace bantam {

template <typename T>
struct ValueAndDerivative {
  T value, derivative;
};

template <typename T>
ValueAndDerivative<T> Silu(T x) {
  const T divisor = T{1} + std::exp(-x), share = T{1} / divisor;
  return {x / divisor, share * (T{1} + x * (T{1} - share))};
}

template <typename T>
ValueAndDerivative<T> GeluErf(T x) {
  constexpr T kDensityAtZero = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;  // 1 / sqrt(2 pi)
  const T twice = T{1} + std::erf(x / std::numbers::sqrt2_v<T>);  // of the distribution function
  return {x / 2 * twice, twice / 2 + x * kDensityAtZero * std::exp(-x * x / 2)};
}

template <typename T>
ValueAndDerivative<T> GeluTanh(T x) {
  constexpr T kScale = std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;  // sqrt(2 / pi)
  constexpr T kCube = static_cast<T>(0.044715);
  const T t = std::tanh(kScale * x * (T{1} + kCube * x * x)), twice = T{1} + t;
  return {x / 2 * twice, twice / 2 + x / 2 * (T{1} - t) * twice * kScale * (T{1} + 3 * kCube * x * x)};
}

}  // namespace bantam
