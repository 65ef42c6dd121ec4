#include "transformer/ops/activation.h"

#include "transformer/ops/activation_derivatives.h"

namespace bantam {
namespace {

// Calls body(act) with the function itself, x -> ValueAndDerivative, so that loops over values do not branch.
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
    for (size_t i = 0; i < x.size(); ++i) y[i] = act(x[i]).value;
  });
}

template <typename T>
void GatedActivationForward(Activation activation, std::span<const T> gate, std::span<const T> up, std::span<T> y) {
  WithFunction<T>(activation, [&](const auto& act) {
    for (size_t i = 0; i < gate.size(); ++i) y[i] = act(gate[i]).value * up[i];
  });
}

template <typename T>
void ActivationBackward(Activation activation, std::span<const T> x, std::span<const T> dy, std::span<T> dx) {
  WithFunction<T>(activation, [&](const auto& act) {
    for (size_t i = 0; i < x.size(); ++i) dx[i] = act(x[i]).derivative * dy[i];
  });
}

template <typename T>
void GatedActivationBackward(Activation activation, std::span<const T> gate, std::span<const T> up,
                             std::span<const T> dy, std::span<T> dgate, std::span<T> dup) {
  WithFunction<T>(activation, [&](const auto& act) {
    for (size_t i = 0; i < gate.size(); ++i) {
      const auto [value, derivative] = act(gate[i]);
      const T for_gate = derivative * up[i] * dy[i], for_up = value * dy[i];
      dgate[i] = for_gate;
      dup[i] = for_up;
    }
  });
}

template void ActivationForward<float>(Activation, std::span<const float>, std::span<float>);
template void ActivationForward<double>(Activation, std::span<const double>, std::span<double>);
template void GatedActivationForward<float>(Activation, std::span<const float>, std::span<const float>,
                                            std::span<float>);
template void GatedActivationForward<double>(Activation, std::span<const double>, std::span<const double>,
                                             std::span<double>);
template void ActivationBackward<float>(Activation, std::span<const float>, std::span<const float>, std::span<float>);
template void ActivationBackward<double>(Activation, std::span<const double>, std::span<const double>,
                                         std::span<double>);
template void GatedActivationBackward<float>(Activation, std::span<const float>, std::span<const float>,
                                             std::span<const float>, std::span<float>, std::span<float>);
template void GatedActivationBackward<double>(Activation, std::span<const double>, std::span<const double>,
                                              std::span<const double>, std::span<double>, std::span<double>);

}  // namespace bantam
