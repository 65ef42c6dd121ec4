#include "train/adamw.h"

#include <cmath>

#include "train/flat_ranges.h"

namespace bantam {
namespace {

struct StepFactors {
  float beta1, beta2, lr, inverse_root_correction2, eps, keep;
};

// Separate pointers that do not alias, so that the loop becomes vector code.
void UpdatePart(const StepFactors& f, int64_t count, const float* __restrict g, float* __restrict m,
                float* __restrict v, float* __restrict w) {
  const float one_minus_beta1 = 1.0f - f.beta1, one_minus_beta2 = 1.0f - f.beta2;
  for (int64_t i = 0; i < count; ++i) {
    m[i] = f.beta1 * m[i] + one_minus_beta1 * g[i];
    v[i] = f.beta2 * v[i] + one_minus_beta2 * g[i] * g[i];
    w[i] = f.keep * w[i] - f.lr * m[i] / (std::sqrt(v[i]) * f.inverse_root_correction2 + f.eps);
  }
}

}  // namespace

AdamW::AdamW(const AdamWOptions& options, std::span<const DecayRange> ranges, int64_t size)
    : options_(options), first_(size), second_(size) {
  for (const DecayRange& range : ranges) {
    for (int64_t begin = range.begin; begin < range.end; begin += kFlatRange) {
      parts_.push_back({begin, std::min(range.end, begin + kFlatRange), range.decays});
    }
  }
}

void AdamW::Update(int64_t step, double lr, std::span<const float> gradients, std::span<float> values) {
  const auto t = static_cast<double>(step);
  const double correction1 = 1.0 - std::pow(options_.beta1, t), correction2 = 1.0 - std::pow(options_.beta2, t);
  StepFactors factors{.beta1 = static_cast<float>(options_.beta1),
                      .beta2 = static_cast<float>(options_.beta2),
                      .lr = static_cast<float>(lr / correction1),
                      .inverse_root_correction2 = static_cast<float>(1.0 / std::sqrt(correction2)),
                      .eps = static_cast<float>(options_.eps),
                      .keep = 1.0f};
  const auto decayed = static_cast<float>(1.0 - lr * options_.weight_decay);
  WorkbenchPool().Run(static_cast<int64_t>(parts_.size()), [&, factors](int64_t index) {
    const DecayRange& part = parts_[index];
    StepFactors own = factors;
    if (part.decays) own.keep = decayed;
    UpdatePart(own, part.end - part.begin, gradients.data() + part.begin, first_.data() + part.begin,
               second_.data() + part.begin, values.data() + part.begin);
  });
}

}  // namespace bantam
