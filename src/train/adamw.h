// AdamW with decoupled weight decay (arXiv:1711.05101, algorithm 2; the decay is multiplied by the learning rate as PyTorch
// does), in float over one flat array:
//
//   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
//   w = w (1 - lr decay) - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bantam {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8, weight_decay = 0.1;
};

// A piece of the flat array that decays or does not.
struct DecayRange {
  int64_t begin = 0, end = 0;
  bool decays = false;
};

class AdamW {
 public:
  // Updates `ranges` of arrays of `size` values; what lies between them stays as it is.
  AdamW(const AdamWOptions& options, std::span<const DecayRange> ranges, int64_t size);

  // One update; `step` counts from 1.
  void Update(int64_t step, double lr, std::span<const float> gradients, std::span<float> values);

  // The moments m and v, [size].
  std::span<float> first_moments() { return first_; }
  std::span<float> second_moments() { return second_; }

 private:
  AdamWOptions options_;
  std::vector<DecayRange> parts_;  // of the ranges, one task each
  std::vector<float> first_, second_;
};

}  // namespace bantam
