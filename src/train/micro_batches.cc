#include "train/micro_batches.h"

#include <algorithm>
#include <numeric>

namespace bantam {
namespace {

std::vector<std::vector<int64_t>> Deal(const std::vector<int64_t>& lengths, const std::vector<int64_t>& order,
                                       int64_t bins, int64_t* fullest) {
  std::vector<std::vector<int64_t>> dealt(bins);
  std::vector<int64_t> filled(bins);
  for (const int64_t index : order) {
    const auto bin = std::min_element(filled.begin(), filled.end()) - filled.begin();
    dealt[bin].push_back(index);
    filled[bin] += lengths[index];
  }
  *fullest = *std::max_element(filled.begin(), filled.end());
  return dealt;
}

}  // namespace

std::vector<std::vector<int64_t>> DealToMicroBatches(const std::vector<int64_t>& lengths, int64_t most) {
  std::vector<int64_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return lengths[a] != lengths[b] ? lengths[a] > lengths[b] : a < b; });
  const int64_t total = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  for (int64_t bins = std::max<int64_t>(1, (total + most - 1) / most);; ++bins) {
    int64_t fullest = 0;
    auto dealt = Deal(lengths, order, bins, &fullest);
    if (fullest <= most) return dealt;
  }
}

}  // namespace bantam
