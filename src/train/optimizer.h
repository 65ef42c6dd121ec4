// The optimiser of a recipe: AdamW, or Muon for the matrices between embedding and head and AdamW for the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "train/adamw.h"
#include "train/muon.h"
#include "train/parametrization.h"

namespace bantam {

struct OptimizerOptions {
  AdamWOptions adamw = {};
  std::optional<double> muon_momentum;  // none: AdamW alone
  bool bf16 = false;                    // Muon's products
};

class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, const std::vector<Parametrization::Trainable>& trainables);

  // One update; `step` counts from 1.
  void Update(int64_t step, double lr, std::span<const float> gradients, std::span<float> values);

  // What a checkpoint keeps: AdamW's m and v; Muon's m lies among the first.
  std::span<float> first_moments() { return adamw_.first_moments(); }
  std::span<float> second_moments() { return adamw_.second_moments(); }

 private:
  AdamW adamw_;
  std::optional<Muon> muon_;
};

}  // namespace bantam
