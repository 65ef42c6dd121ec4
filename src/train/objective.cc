#include "train/objective.h"

namespace bantam {

void AddExpertTokens(const std::vector<std::vector<int64_t>>& more, std::vector<std::vector<int64_t>>& sum) {
  sum.resize(more.size());
  for (size_t layer = 0; layer < more.size(); ++layer) {
    sum[layer].resize(more[layer].size());
    for (size_t expert = 0; expert < more[layer].size(); ++expert) sum[layer][expert] += more[layer][expert];
  }
}

}  // namespace bantam
