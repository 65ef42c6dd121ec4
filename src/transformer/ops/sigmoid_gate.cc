#include "transformer/ops/sigmoid_gate.h"

#include <cmath>

namespace bantam {

template <typename T>
void SigmoidGateForward(std::span<const T> gate, std::span<const T> x, std::span<T> y) {
  const size_t width = gate.empty() ? 0 : x.size() / gate.size();
  for (size_t i = 0; i < gate.size(); ++i) {
    const T share = T{1} / (T{1} + std::exp(-gate[i]));
    for (size_t j = 0; j < width; ++j) y[i * width + j] += share * x[i * width + j];
  }
}

template <typename T>
void SigmoidGateBackward(std::span<const T> gate, std::span<const T> x, std::span<const T> dy, std::span<T> dx,
                         std::span<T> dgate) {
  const size_t width = gate.empty() ? 0 : x.size() / gate.size();
  for (size_t i = 0; i < gate.size(); ++i) {
    const T share = T{1} / (T{1} + std::exp(-gate[i]));
    double product = 0;
    for (size_t j = i * width; j < (i + 1) * width; ++j) {
      product += static_cast<double>(x[j]) * dy[j];
      dx[j] = share * dy[j];
    }
    dgate[i] = share * (T{1} - share) * static_cast<T>(product);
  }
}

template void SigmoidGateForward<float>(std::span<const float>, std::span<const float>, std::span<float>);
template void SigmoidGateForward<double>(std::span<const double>, std::span<const double>, std::span<double>);
template void SigmoidGateBackward<float>(std::span<const float>, std::span<const float>, std::span<const float>,
                                         std::span<float>, std::span<float>);
template void SigmoidGateBackward<double>(std::span<const double>, std::span<const double>, std::span<const double>,
                                          std::span<double>, std::span<double>);

}  // namespace bantam
