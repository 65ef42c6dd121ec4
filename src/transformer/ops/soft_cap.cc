#include "transformer/ops/soft_cap.h"

#include <cmath>

namespace bantam {

template <typename T>
void SoftCapForward(double cap, std::span<T> x) {
  if (cap == 0.0) return;
  const T limit = static_cast<T>(cap);
  for (T& value : x) value = limit * std::tanh(value / limit);
}

template void SoftCapForward<float>(double, std::span<float>);
template void SoftCapForward<double>(double, std::span<double>);

}  // namespace bantam
