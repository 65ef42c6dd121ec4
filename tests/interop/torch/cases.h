// What gradients are compared on: architectures that the oracle knows, each with weights, a batch and router losses.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "transformer/trainable.h"

namespace bantam {

struct GradientCase {
  std::string name;
  Architecture architecture;
  std::vector<int64_t> document_lengths;
};

const std::vector<GradientCase>& GradientCases();
const GradientCase& FindGradientCase(const std::string& name);  // kUsage when there is none of this name

// The function that is differentiated: kLossScale * sum weight * NLL + kAuxiliaryScale * (router losses times kRouterLosses').
inline constexpr double kLossScale = 1.0 / 16, kAuxiliaryScale = 0.5;
inline constexpr TrainingOptions kRouterLosses{.router_z_loss = 0.01, .balance_loss = 0.02};

// By the layout of the architecture's parameters.
std::vector<float> CaseParameters(const GradientCase& gradient_case);

// Random tokens, with positions that do not count, that count half and that count against.
TrainingBatch CaseBatch(const GradientCase& gradient_case);

}  // namespace bantam
