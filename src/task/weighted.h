// Drawing in proportion to weights.
#pragma once

#include <vector>

#include "base/rng.h"

namespace bantam {

// The index of a weight, with probability in proportion to it; -1 when none is above 0. Takes one number from `rng`.
inline int PickWeighted(const std::vector<double>& weights, Rng& rng) {
  double total = 0;
  for (const double weight : weights) total += weight;
  if (!(total > 0)) return -1;
  double rest = rng.NextDouble() * total;
  int last = -1;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = static_cast<int>(i);
    if (rest < weights[i]) break;
    rest -= weights[i];
  }
  return last;
}

}  // namespace bantam
