#include "transformer/ops/soft_cap.h"

#include <cmath>

namespace bantam {

template <typename T>
void SoftCapForward(double cap, std::span<T> x) {
  if (cap == 0.0) return;
  const T limit = static_cast<T>(cap);
  for (T& value : x) value = limit * std::tanh(value / limit);
}

template <typename T>
void SoftCapBackward(double cap, std::span<const T> y, std::span<T> dy) {
  if (cap == 0.0) return;
  const T limit = static_cast<T>(cap);
  for (size_t i = 0; i < y.size(); ++i) {
    const T share = y[i] / limit;
    dy[i] *= (T{1} - share) * (T{1} + share);
  }
}

template void SoftCapForward<float>(double, std::span<float>);
template void SoftCapForward<double>(double, std::span<double>);
template void SoftCapBackward<float>(double, std::span<const float>, std::span<float>);
template void SoftCapBackward<double>(double, std::span<const double>, std::span<double>);

}  // namespace bantam
