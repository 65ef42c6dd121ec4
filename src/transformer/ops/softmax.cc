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

template void SoftmaxForward<float>(std::span<float>);
template void SoftmaxForward<double>(std::span<double>);

}  // namespace bantam
