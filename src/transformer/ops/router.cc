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
constexpr T kSmallestSum = static_cast<T>(0x1p-14);

template <typename T>
T Sum(std::span<const T> weights) {
  T sum{0};
  for (const T weight : weights) sum += weight;
  return sum;
}

template <typename T>
void ScaleWeights(const MoeArchitecture& moe, std::span<T> weights) {
  const T divisor = moe.normalize_weights ? std::max(Sum<T>(weights), kSmallestSum<T>) : T{1};
  for (T& weight : weights) weight = weight / divisor * static_cast<T>(moe.weights_scale);
}

// dp of the chosen from their p and dweights:
//
//   w_i = scale p_i / sum p:  dp_i = scale / sum p * (dw_i - sum_j dw_j p_j / sum p);  w_i = scale p_i / c:  scale / c dw_i
template <typename T>
void ScaleWeightsBackward(const MoeArchitecture& moe, std::span<const T> p, std::span<const T> dweights,
                          std::span<T> dp) {
  const T sum = moe.normalize_weights ? Sum(p) : T{0};
  double divisor = moe.normalize_weights ? kSmallestSum<T> : T{1}, mean = 0;  // of dweights under p
  if (sum > kSmallestSum<T>) {
    divisor = sum;
    for (size_t i = 0; i < p.size(); ++i) mean += dweights[i] * (p[i] / divisor);
  }
  for (size_t i = 0; i < p.size(); ++i) dp[i] = static_cast<T>(moe.weights_scale / divisor * (dweights[i] - mean));
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

template <typename T>
void RouterBackward(const MoeArchitecture& moe, std::span<const T> probabilities, std::span<const int32_t> chosen,
                    std::span<const T> dweights, std::span<T> dlogits) {
  const size_t experts = moe.experts, used = moe.experts_used;
  std::vector<T> p(used), dp(used);  // of the chosen
  std::fill(dlogits.begin(), dlogits.end(), T{0});
  for (size_t token = 0; token * experts < probabilities.size(); ++token) {
    const std::span<const T> row = probabilities.subspan(token * experts, experts);
    const std::span<T> drow = dlogits.subspan(token * experts, experts);
    const std::span<const int32_t> choice = chosen.subspan(token * used, used);
    for (size_t i = 0; i < used; ++i) p[i] = row[choice[i]];
    ScaleWeightsBackward<T>(moe, p, dweights.subspan(token * used, used), dp);
    for (size_t i = 0; i < used; ++i) drow[choice[i]] = dp[i];
    if (moe.router == RouterKind::kSoftmax) {
      SoftmaxBackward(row, drow);
    } else {
      for (size_t e = 0; e < experts; ++e) drow[e] *= row[e] * (T{1} - row[e]);
    }
  }
}

template void RouterForward<float>(const MoeArchitecture&, std::span<const float>, std::span<float>, std::span<int32_t>,
                                   std::span<float>);
template void RouterForward<double>(const MoeArchitecture&, std::span<const double>, std::span<double>,
                                    std::span<int32_t>, std::span<double>);
template void RouterBackward<float>(const MoeArchitecture&, std::span<const float>, std::span<const int32_t>,
                                    std::span<const float>, std::span<float>);
template void RouterBackward<double>(const MoeArchitecture&, std::span<const double>, std::span<const int32_t>,
                                     std::span<const double>, std::span<double>);

}  // namespace bantam
