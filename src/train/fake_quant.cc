#include "train/fake_quant.h"

#include <algorithm>
#include <cmath>

#include "train/flat_ranges.h"

namespace bantam {
namespace {

static_assert(kFlatRange % kInt4Group == 0, "a range holds whole groups");

void QuantGroup(float* group) {
  float largest = 0.0f;
  for (int64_t i = 0; i < kInt4Group; ++i) largest = std::max(largest, std::abs(group[i]));
  if (largest == 0.0f) return;
  const float scale = largest / 7.5f;
  for (int64_t i = 0; i < kInt4Group; ++i) group[i] = scale * std::clamp(std::round(group[i] / scale), -8.0f, 7.0f);
}

}  // namespace

void FakeQuantInt4(std::span<float> weights) {
  ForFlatRanges(static_cast<int64_t>(weights.size()), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kInt4Group) QuantGroup(weights.data() + i);
  });
}

}  // namespace bantam
