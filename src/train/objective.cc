#include "train/objective.h"

#include <algorithm>

namespace bantam {

bool HasExperts(const std::vector<std::vector<int64_t>>& expert_tokens) {
  return std::any_of(expert_tokens.begin(), expert_tokens.end(), [](const auto& layer) { return !layer.empty(); });
}

void AddExpertTokens(const std::vector<std::vector<int64_t>>& more, std::vector<std::vector<int64_t>>& sum) {
  sum.resize(more.size());
  for (size_t layer = 0; layer < more.size(); ++layer) {
    sum[layer].resize(more[layer].size());
    for (size_t expert = 0; expert < more[layer].size(); ++expert) sum[layer][expert] += more[layer][expert];
  }
}

}  // namespace bantam
