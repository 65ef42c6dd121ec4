#include "transformer/ops/softmax.h"

#include <algorithm>
#include <cmath>

namespace bantam {

template <typename T>
void SoftmaxForward(std::span<T> x) {
  if (x.empty()) return;
  const T maximum = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (T& value : x) {
    value = std::exp(value - maximum);
    sum += value;
  }
  const T scale = static_cast<T>(1.0 / sum);
  for (T& value : x) value *= scale;
}

template <typename T>
void SoftmaxBackward(std::span<const T> y, std::span<T> dy) {
  double mean = 0;  // of dy under y
  for (size_t i = 0; i < y.size(); ++i) mean += static_cast<double>(y[i]) * dy[i];
  for (size_t i = 0; i < y.size(); ++i) dy[i] = y[i] * static_cast<T>(dy[i] - mean);
}

template void SoftmaxForward<float>(std::span<float>);
template void SoftmaxForward<double>(std::span<double>);
template void SoftmaxBackward<float>(std::span<const float>, std::span<float>);
template void SoftmaxBackward<double>(std::span<const double>, std::span<double>);

}  // namespace bantam
