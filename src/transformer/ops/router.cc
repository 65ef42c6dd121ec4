#include "transformer/ops/router.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "transformer/ops/softmax.h"

namespace bantam {
namespace {

// The positions of the largest values, found one after another: at most a few of at most a few hundred. NaN comes after
// every number, so that `chosen` holds distinct experts whatever the values are.
template <typename T>
void ChooseLargest(const std::vector<T>& values, std::span<int32_t> chosen) {
  const auto before = [&](size_t x, size_t y) {
    return values[x] > values[y] || (std::isnan(values[y]) && !std::isnan(values[x]));
  };
  std::vector<bool> taken(values.size());
  for (int32_t& choice : chosen) {
    choice = -1;
    for (size_t expert = 0; expert < values.size(); ++expert) {
      if (!taken[expert] && (choice < 0 || before(expert, choice))) choice = static_cast<int32_t>(expert);
    }
    taken[choice] = true;
  }
}

template <typename T>
void ScaleWeights(const MoeArchitecture& moe, std::span<T> weights) {
  constexpr T kSmallestSum = static_cast<T>(0x1p-14);
  T divisor{1};
  if (moe.normalize_weights) {
    T sum{0};
    for (const T weight : weights) sum += weight;
    divisor = std::max(sum, kSmallestSum);
  }
  for (T& weight : weights) weight = weight / divisor * static_cast<T>(moe.weights_scale);
}

}  // namespace

template <typename T>
void RouterForward(const MoeArchitecture& moe, std::span<const T> selection_bias, std::span<T> scores,
                   std::span<int32_t> chosen, std::span<T> weights) {
  const size_t experts = moe.experts, used = moe.experts_used;
  std::vector<T> ranking(experts);
  for (size_t token = 0; token * experts < scores.size(); ++token) {
    const std::span<T> row = scores.subspan(token * experts, experts);
    if (moe.router == RouterKind::kSoftmax) {
      SoftmaxForward(row);
    } else {
      for (T& value : row) value = T{1} / (T{1} + std::exp(-value));
    }
    for (size_t e = 0; e < experts; ++e) ranking[e] = selection_bias.empty() ? row[e] : row[e] + selection_bias[e];
    const std::span<int32_t> choice = chosen.subspan(token * used, used);
    ChooseLargest(ranking, choice);
    const std::span<T> weight = weights.subspan(token * used, used);
    for (size_t i = 0; i < used; ++i) weight[i] = row[choice[i]];
    ScaleWeights(moe, weight);
  }
}

template void RouterForward<float>(const MoeArchitecture&, std::span<const float>, std::span<float>, std::span<int32_t>,
                                   std::span<float>);
template void RouterForward<double>(const MoeArchitecture&, std::span<const double>, std::span<double>,
                                    std::span<int32_t>, std::span<double>);

}  // namespace bantam
