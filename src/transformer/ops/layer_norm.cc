#include "transformer/ops/layer_norm.h"

#include <cmath>

namespace bantam {

template <typename T>
void LayerNormForward(std::span<const T> x, std::span<const T> gain, std::span<const T> bias, double eps,
                      std::span<T> y) {
  const size_t width = gain.size();
  for (size_t start = 0; start < x.size(); start += width) {
    double sum = 0;
    for (size_t j = 0; j < width; ++j) sum += x[start + j];
    const double mean = sum / static_cast<double>(width);
    double squares = 0;
    for (size_t j = 0; j < width; ++j) squares += (x[start + j] - mean) * (x[start + j] - mean);
    const double scale = 1.0 / std::sqrt(squares / static_cast<double>(width) + eps);
    for (size_t j = 0; j < width; ++j) {
      y[start + j] = static_cast<T>((x[start + j] - mean) * scale) * gain[j] + bias[j];
    }
  }
}

template void LayerNormForward<float>(std::span<const float>, std::span<const float>, std::span<const float>, double,
                                      std::span<float>);
template void LayerNormForward<double>(std::span<const double>, std::span<const double>, std::span<const double>,
                                       double, std::span<double>);

}  // namespace bantam
