#include "transformer/ops/router_losses.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace bantam {
namespace {

template <typename T>
double LogSumExp(std::span<const T> logits) {
  const double maximum = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const T logit : logits) sum += std::exp(logit - maximum);
  return maximum + std::log(sum);
}

// f, times the number of experts: 1 for each when the load is even. [experts]
std::vector<double> RelativeLoads(int64_t experts, std::span<const int32_t> chosen) {
  std::vector<double> loads(experts);
  for (const int32_t expert : chosen) loads[expert] += 1;
  for (double& load : loads) load *= static_cast<double>(experts) / static_cast<double>(chosen.size());
  return loads;
}

// What a token's p are divided by to add up to 1. Where all of them underflowed it leaves them at 0.
template <typename T>
double Divisor(const MoeArchitecture& moe, std::span<const T> p) {
  if (moe.router == RouterKind::kSoftmax) return 1.0;
  return std::max(std::accumulate(p.begin(), p.end(), 0.0), std::numeric_limits<double>::min());
}

// The mean of `loads` under a token's normalised p.
template <typename T>
double MeanLoad(const std::vector<double>& loads, std::span<const T> p, double divisor) {
  double sum = 0;
  for (size_t e = 0; e < p.size(); ++e) sum += loads[e] * p[e];
  return sum / divisor;
}

}  // namespace

template <typename T>
double RouterZLoss(std::span<const T> logits, int64_t experts) {
  double sum = 0;
  for (size_t start = 0; start < logits.size(); start += experts) {
    const double z = LogSumExp(logits.subspan(start, experts));
    sum += z * z;
  }
  return logits.empty() ? 0.0 : sum * static_cast<double>(experts) / static_cast<double>(logits.size());
}

template <typename T>
void RouterZLossBackward(std::span<const T> logits, int64_t experts, double scale, std::span<T> dlogits) {
  const double share = scale * static_cast<double>(experts) / static_cast<double>(logits.size());  // of one token
  for (size_t start = 0; start < logits.size(); start += experts) {
    const double z = LogSumExp(logits.subspan(start, experts));
    for (size_t i = start; i < start + experts; ++i) {
      dlogits[i] += static_cast<T>(2 * share * z * std::exp(logits[i] - z));
    }
  }
}

template <typename T>
double BalanceLoss(const MoeArchitecture& moe, std::span<const T> probabilities, std::span<const int32_t> chosen) {
  const std::vector<double> loads = RelativeLoads(moe.experts, chosen);
  double sum = 0;
  for (size_t start = 0; start < probabilities.size(); start += moe.experts) {
    const std::span<const T> p = probabilities.subspan(start, moe.experts);
    sum += MeanLoad(loads, p, Divisor(moe, p));
  }
  const size_t tokens = probabilities.size() / moe.experts;
  return tokens == 0 ? 0.0 : sum / static_cast<double>(tokens);
}

// With q = p / sum p and the relative loads l: d(sum q l) / dlogit_e = q_e (l_e - sum q l), times 1 - p_e for a sigmoid,
// whose p have p (1 - p) for a derivative.
template <typename T>
void BalanceLossBackward(const MoeArchitecture& moe, std::span<const T> probabilities, std::span<const int32_t> chosen,
                         double scale, std::span<T> dlogits) {
  const std::vector<double> loads = RelativeLoads(moe.experts, chosen);
  const bool softmax = moe.router == RouterKind::kSoftmax;
  const size_t experts = moe.experts;
  const double share = scale * static_cast<double>(experts) / static_cast<double>(probabilities.size());
  for (size_t start = 0; start < probabilities.size(); start += experts) {
    const std::span<const T> p = probabilities.subspan(start, experts);
    const double divisor = Divisor(moe, p), mean = MeanLoad(loads, p, divisor);
    for (size_t e = 0; e < experts; ++e) {
      const double slope = p[e] / divisor * (loads[e] - mean) * (softmax ? 1.0 : 1.0 - p[e]);
      dlogits[start + e] += static_cast<T>(share * slope);
    }
  }
}

void UpdateSelectionBias(std::span<const int64_t> expert_tokens, double step, std::span<float> bias) {
  const int64_t experts = static_cast<int64_t>(expert_tokens.size());
  const int64_t total = std::accumulate(expert_tokens.begin(), expert_tokens.end(), int64_t{0});
  for (int64_t e = 0; e < experts; ++e) {
    const int64_t missing = total - expert_tokens[e] * experts;  // experts * (mean load - load)
    if (missing != 0) bias[e] += static_cast<float>(missing > 0 ? step : -step);
  }
}

template double RouterZLoss<float>(std::span<const float>, int64_t);
template double RouterZLoss<double>(std::span<const double>, int64_t);
template void RouterZLossBackward<float>(std::span<const float>, int64_t, double, std::span<float>);
template void RouterZLossBackward<double>(std::span<const double>, int64_t, double, std::span<double>);
template double BalanceLoss<float>(const MoeArchitecture&, std::span<const float>, std::span<const int32_t>);
template double BalanceLoss<double>(const MoeArchitecture&, std::span<const double>, std::span<const int32_t>);
template void BalanceLossBackward<float>(const MoeArchitecture&, std::span<const float>, std::span<const int32_t>,
                                         double, std::span<float>);
template void BalanceLossBackward<double>(const MoeArchitecture&, std::span<const double>, std::span<const int32_t>,
                                          double, std::span<double>);

}  // namespace bantam
