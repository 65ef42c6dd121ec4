// What keeps a router in training from running away and its experts evenly loaded: two losses that are added to the
// training loss, and one rule that needs none.
//
//   z-loss (Zoph et al., arXiv:2202.08906):           mean over tokens of logsumexp(logits)^2
//   balance loss (Fedus et al., arXiv:2101.03961):    experts * sum_e f_e P_e;  1 when the load is even
//   selection bias (Wang et al., arXiv:2408.15664):   bias_e += step * sign(mean load - load_e) after every step
//
// f_e: the share of all choices that went to expert e, a constant for the gradient. P_e: the mean over tokens of p_e, for
// sigmoid routers of p_e / sum p. MobileMoE trains with the first at 1e-4 and the third at 1e-3.
#pragma once

#include <cstdint>
#include <span>

#include "model/architecture.h"

namespace bantam {

// logits: [tokens, experts].
template <typename T>
double RouterZLoss(std::span<const T> logits, int64_t experts);

// dlogits += scale * dloss / dlogits.
template <typename T>
void RouterZLossBackward(std::span<const T> logits, int64_t experts, double scale, std::span<T> dlogits);

// probabilities: [tokens, experts], p of RouterForward; chosen: [tokens, used].
template <typename T>
double BalanceLoss(const MoeArchitecture& moe, std::span<const T> probabilities, std::span<const int32_t> chosen);

// dlogits += scale * dloss / dlogits.
template <typename T>
void BalanceLossBackward(const MoeArchitecture& moe, std::span<const T> probabilities, std::span<const int32_t> chosen,
                         double scale, std::span<T> dlogits);

// expert_tokens: [experts], the choices that went to each since the last update. An expert with the mean load keeps its
// bias.
void UpdateSelectionBias(std::span<const int64_t> expert_tokens, double step, std::span<float> bias);

}  // namespace bantam
