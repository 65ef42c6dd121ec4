#include "train/initial_weights.h"

#include <cmath>
#include <string_view>

#include "base/rng.h"
#include "math/parallel.h"

namespace bantam {
namespace {

bool WritesIntoResidualStream(std::string_view name) {
  return name.ends_with(".attn_output.weight") || name.find(".ffn_down") != std::string_view::npos;
}

bool IsBias(std::string_view name) { return name.ends_with(".bias"); }

}  // namespace

std::vector<float> InitialWeights(const Architecture& architecture, const ParameterLayout& layout, double std,
                                  uint64_t seed) {
  std::vector<float> weights(layout.size());
  const double residual = std / std::sqrt(2.0 * static_cast<double>(architecture.layers));
  WorkbenchPool().Run(static_cast<int64_t>(layout.entries().size()), [&](int64_t index) {
    const ParameterLayout::Entry& entry = layout.entries()[index];
    if (IsBias(entry.spec.name)) return;
    float* values = weights.data() + entry.offset;
    if (entry.spec.role == TensorRole::kNorm) {
      std::fill_n(values, entry.size, 1.0f);
      return;
    }
    Rng rng(seed, static_cast<uint64_t>(index));
    const double deviation = WritesIntoResidualStream(entry.spec.name) ? residual : std;
    for (int64_t i = 0; i < entry.size; ++i) values[i] = static_cast<float>(deviation * rng.NextGaussian());
  });
  return weights;
}

}  // namespace bantam
