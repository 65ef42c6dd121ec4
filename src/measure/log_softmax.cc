#include "measure/log_softmax.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/error.h"

namespace bantam {

double LogSumExp(std::span<const float> logits) {
  if (logits.empty()) Fail(ErrorCode::kInternal, "no logits");
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i])) {
      Fail(ErrorCode::kNumeric, "logit of token " + std::to_string(i) + " is " + std::to_string(logits[i]), {},
           "the model's weights or its quantisation are broken");
    }
  }
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
  return top + std::log(sum);
}

int64_t TopIndex(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

std::vector<int32_t> TopIndices(std::span<const float> logits, int64_t k) {
  const auto before = [&](int32_t a, int32_t b) { return logits[a] > logits[b] || (logits[a] == logits[b] && a < b); };
  const size_t count = std::min<size_t>(static_cast<size_t>(k), logits.size());
  std::vector<int32_t> top(count);
  std::iota(top.begin(), top.end(), 0);
  if (count == 0) return top;
  // A heap of the k best with the worst of them in front: most of a large vocabulary fails one comparison with it.
  std::make_heap(top.begin(), top.end(), before);
  for (int32_t id = static_cast<int32_t>(count); id < static_cast<int32_t>(logits.size()); ++id) {
    if (!before(id, top.front())) continue;
    std::pop_heap(top.begin(), top.end(), before);
    top.back() = id;
    std::push_heap(top.begin(), top.end(), before);
  }
  std::sort_heap(top.begin(), top.end(), before);
  return top;
}

}  // namespace bantam
