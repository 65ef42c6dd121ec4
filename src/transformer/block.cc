#include "transformer/block.h"

#include <algorithm>

#include "math/parallel.h"
#include "transformer/ops/layer_norm.h"
#include "transformer/ops/linear.h"
#include "transformer/ops/rms_norm.h"

namespace bantam {

void ForRows(int64_t rows, const std::function<void(int64_t begin, int64_t end)>& body) {
  // A few rows of a small model take microseconds, and a pool of many threads still gets enough parts of a usual batch.
  constexpr int64_t kGrain = 16;
  WorkbenchPool().ForRanges(rows, kGrain, body);
}

void ApplyNorm(const Architecture& architecture, const NormWeights& weights, std::span<const float> x,
               std::span<float> y) {
  const int64_t width = static_cast<int64_t>(weights.gain.size());
  ForRows(static_cast<int64_t>(x.size()) / width, [&](int64_t begin, int64_t end) {
    const std::span<const float> from = RowRange(x, width, begin, end);
    const std::span<float> to = RowRange(y, width, begin, end);
    if (architecture.norm == NormKind::kLayer) {
      LayerNormForward<float>(from, weights.gain, weights.bias, architecture.norm_eps, to);
    } else {
      RmsNormForward<float>(from, weights.gain, architecture.norm_eps, to);
    }
  });
}

std::vector<float> ApplyLinear(const ForwardContext& context, int64_t layer, const LinearWeights& weights,
                               std::span<const float> x, int64_t rows) {
  if (context.tap) {
    context.tap({.kind = TapKind::kLinearInput,
                 .layer = layer,
                 .tensor = weights.name,
                 .rows = rows,
                 .columns = weights.in,
                 .values = x.data()});
  }
  std::vector<float> y(rows * weights.out);
  if (weights.bf16.empty()) {
    LinearForward<float>(x, *weights.values, weights.bias, rows, y);
  } else {
    LinearForwardBf16(x, weights.bf16, weights.bias, rows, y);
  }
  return y;
}

void AddRows(std::span<const float> from, std::span<float> x) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += from[i];
}

}  // namespace bantam
