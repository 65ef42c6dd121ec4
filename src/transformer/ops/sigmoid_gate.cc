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

template void SigmoidGateForward<float>(std::span<const float>, std::span<const float>, std::span<float>);
template void SigmoidGateForward<double>(std::span<const double>, std::span<const double>, std::span<double>);

}  // namespace bantam
