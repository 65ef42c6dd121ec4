#include "transformer/ops/cross_entropy.h"

#include <cmath>

#include "math/row_loops.h"

namespace bantam {

template <typename T>
T CrossEntropyForward(std::span<const T> logits, int32_t target) {
  return LogSumExpRow(logits.data(), static_cast<int64_t>(logits.size())) - logits[target];
}

template <typename T, typename E>
void CrossEntropyBackward(std::span<const T> logits, int32_t target, T nll, T weight, std::span<E> dlogits) {
  WeightedProbabilityRow(logits.data(), nll + logits[target], weight, static_cast<int64_t>(logits.size()),
                         dlogits.data());
  const T at_target = weight * std::expm1(-nll);  // weight * (p - 1), without the difference of two numbers near 1
  ConvertRow(&at_target, 1, &dlogits[target]);
}

template float CrossEntropyForward<float>(std::span<const float>, int32_t);
template double CrossEntropyForward<double>(std::span<const double>, int32_t);
#define BANTAM_INSTANTIATE(T, E) \
  template void CrossEntropyBackward<T, E>(std::span<const T>, int32_t, T, T, std::span<E>)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
