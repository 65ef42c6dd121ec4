#include "transformer/ops/cross_entropy.h"

#include "math/row_loops.h"

namespace bantam {

template <typename T>
T CrossEntropyForward(std::span<const T> logits, int32_t target) {
  return LogSumExpRow(logits.data(), static_cast<int64_t>(logits.size())) - logits[target];
}

template <typename T>
void CrossEntropyBackward(std::span<const T> logits, int32_t target, T nll, T weight, std::span<T> dlogits) {
  ProbabilityRow(logits.data(), nll + logits[target], static_cast<int64_t>(logits.size()), dlogits.data());
  for (T& value : dlogits) value *= weight;
  dlogits[target] -= weight;
}

template float CrossEntropyForward<float>(std::span<const float>, int32_t);
template double CrossEntropyForward<double>(std::span<const double>, int32_t);
template void CrossEntropyBackward<float>(std::span<const float>, int32_t, float, float, std::span<float>);
template void CrossEntropyBackward<double>(std::span<const double>, int32_t, double, double, std::span<double>);

}  // namespace bantam
