#include "transformer/ops/activation.h"

#include <cmath>
#include <numbers>

namespace bantam {
namespace {

template <typename T>
T Silu(T x) {
  return x / (T{1} + std::exp(-x));
}

template <typename T>
T GeluErf(T x) {
  return x / 2 * (T{1} + std::erf(x / std::numbers::sqrt2_v<T>));
}

template <typename T>
T GeluTanh(T x) {
  constexpr T kScale = std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;  // sqrt(2 / pi)
  return x / 2 * (T{1} + std::tanh(kScale * x * (T{1} + static_cast<T>(0.044715) * x * x)));
}

// Calls body(act) with the function itself, so that loops over values do not branch.
template <typename T, typename Body>
void WithFunction(Activation activation, const Body& body) {
  switch (activation) {
    case Activation::kSilu:
      return body([](T x) { return Silu(x); });
    case Activation::kGeluTanh:
      return body([](T x) { return GeluTanh(x); });
    case Activation::kGeluErf:
      return body([](T x) { return GeluErf(x); });
  }
}

}  // namespace

template <typename T>
void ActivationForward(Activation activation, std::span<const T> x, std::span<T> y) {
  WithFunction<T>(activation, [&](const auto& act) {
    for (size_t i = 0; i < x.size(); ++i) y[i] = act(x[i]);
  });
}

template <typename T>
void GatedActivationForward(Activation activation, std::span<const T> gate, std::span<const T> up, std::span<T> y) {
  WithFunction<T>(activation, [&](const auto& act) {
    for (size_t i = 0; i < gate.size(); ++i) y[i] = act(gate[i]) * up[i];
  });
}

template void ActivationForward<float>(Activation, std::span<const float>, std::span<float>);
template void ActivationForward<double>(Activation, std::span<const double>, std::span<double>);
template void GatedActivationForward<float>(Activation, std::span<const float>, std::span<const float>,
                                            std::span<float>);
template void GatedActivationForward<double>(Activation, std::span<const double>, std::span<const double>,
                                             std::span<double>);

}  // namespace bantam
