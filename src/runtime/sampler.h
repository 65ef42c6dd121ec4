// From logits to the next token: penalties, truncation and temperature in llama.cpp's order, and a counter-based seed.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/rng.h"

namespace bantam {

// Defaults are llama.cpp's; what is 0 or 1 as commented switches its stage off.
struct SamplerOptions {
  double temperature = 0.8;     // <= 0: greedy
  int64_t top_k = 40;           // 0: off
  double top_p = 0.95;          // 1: off
  double min_p = 0.05;          // 0: off
  double repeat_penalty = 1.0;  // 1: off
  int64_t repeat_last_n = 64;   // tokens the penalties look back; 0: off, -1: all
  double presence_penalty = 0.0;
  double frequency_penalty = 0.0;
  std::vector<std::pair<int32_t, double>> logit_bias;  // -infinity forbids a token
  uint64_t seed = 0;
};

class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options);  // kUsage naming the option when one is out of range

  // Order: logit bias, penalties, top-k, top-p, min-p, temperature, draw. kNumeric when no finite logit is left. Equal
  // logits are ordered by token id.
  int32_t Sample(std::span<const float> logits);
  void Accept(int32_t token);  // remembered for the penalties; prompts too
  void Reset();

 private:
  std::vector<double> Adjusted(std::span<const float> logits) const;  // logits after bias and penalties

  SamplerOptions options_;
  std::vector<int32_t> history_;
  Rng rng_;
};

// Index of the largest logit; the lowest index among equals.
int32_t ArgMax(std::span<const float> logits);

}  // namespace bantam
