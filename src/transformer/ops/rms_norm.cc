#include "transformer/ops/rms_norm.h"

#include <cmath>

namespace bantam {

template <typename T>
void RmsNormForward(std::span<const T> x, std::span<const T> gain, double eps, std::span<T> y) {
  const size_t width = gain.size();
  for (size_t start = 0; start < x.size(); start += width) {
    double squares = 0;
    for (size_t j = 0; j < width; ++j) squares += static_cast<double>(x[start + j]) * x[start + j];
    const T scale = static_cast<T>(1.0 / std::sqrt(squares / static_cast<double>(width) + eps));
    for (size_t j = 0; j < width; ++j) y[start + j] = x[start + j] * scale * gain[j];
  }
}

template void RmsNormForward<float>(std::span<const float>, std::span<const float>, double, std::span<float>);
template void RmsNormForward<double>(std::span<const double>, std::span<const double>, double, std::span<double>);

}  // namespace bantam
