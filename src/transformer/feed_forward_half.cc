#include <algorithm>

#include "transformer/block.h"
#include "transformer/ops/activation.h"
#include "transformer/ops/expert_rows.h"
#include "transformer/ops/linear.h"
#include "transformer/ops/router.h"
#include "transformer/ops/sigmoid_gate.h"

namespace bantam {
namespace {

// down(act(gate x) * up x) or down(act(up x)); linear(weights, x) applies one layer.
template <typename Linear>
std::vector<float> FeedForward(const Architecture& a, const FfnWeights& weights, std::span<const float> x,
                               const Linear& linear) {
  const std::vector<float> gate = weights.gate.name.empty() ? std::vector<float>{} : linear(weights.gate, x);
  std::vector<float> hidden = linear(weights.up, x);  // [rows, width]
  const int64_t width = weights.up.out;
  ForRows(static_cast<int64_t>(hidden.size()) / width, [&](int64_t begin, int64_t end) {
    const std::span<float> rows = RowRange(std::span(hidden), width, begin, end);
    if (gate.empty()) {
      ActivationForward<float>(a.activation, rows, rows);
    } else {
      GatedActivationForward<float>(a.activation, RowRange(std::span(gate), width, begin, end), rows, rows);
    }
  });
  return linear(weights.down, hidden);
}

std::vector<float> Dense(const ForwardContext& context, int64_t layer, const FfnWeights& weights,
                         std::span<const float> h) {
  return FeedForward(context.architecture, weights, h, [&](const LinearWeights& linear, std::span<const float> x) {
    return ApplyLinear(context, layer, linear, x, context.tokens());
  });
}

// One expert's layer over the batch rows that were routed to it.
std::vector<float> ApplyExpert(const ForwardContext& context, int64_t layer, const LinearWeights& weights,
                               int64_t expert, std::span<const int64_t> row_index, std::span<const float> x) {
  const int64_t rows = static_cast<int64_t>(row_index.size()), size = weights.out * weights.in;
  if (context.tap) {
    context.tap({.kind = TapKind::kLinearInput,
                 .layer = layer,
                 .tensor = weights.name,
                 .expert = expert,
                 .rows = rows,
                 .columns = weights.in,
                 .values = x.data(),
                 .row_index = row_index});
  }
  std::vector<float> y(rows * weights.out);
  if (weights.bf16.empty()) {
    LinearForward<float>(x, std::span(*weights.values).subspan(expert * size, size), {}, rows, y);
  } else {
    LinearForwardBf16(x, std::span(weights.bf16).subspan(expert * size, size), {}, rows, y);
  }
  return y;
}

std::vector<float> RoutedExperts(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights,
                                 std::span<const float> h) {
  const Architecture& a = context.architecture;
  const MoeArchitecture& moe = a.Moe();
  std::vector<float> scores = ApplyLinear(context, layer, weights.router, h, context.tokens());  // [tokens, experts]
  std::vector<int32_t> chosen(context.tokens() * moe.experts_used);
  std::vector<float> shares(chosen.size());
  RouterForward<float>(moe, weights.selection_bias, scores, chosen, shares);

  const ExpertRows sorted(moe.experts, moe.experts_used, chosen);
  std::vector<float> sum(h.size());  // [tokens, d_model]
  for (int64_t expert = 0; expert < moe.experts; ++expert) {
    const std::span<const int64_t> rows = sorted.RowsOf(expert);
    if (rows.empty()) continue;
    std::vector<float> x(rows.size() * a.d_model), share;
    GatherRowsForward<float>(h, a.d_model, rows, x);
    for (const int64_t slot : sorted.SlotsOf(expert)) share.push_back(shares[slot]);
    const std::vector<float> y =
        FeedForward(a, weights.experts, x, [&](const LinearWeights& linear, std::span<const float> input) {
          return ApplyExpert(context, layer, linear, expert, rows, input);
        });
    ScatterRowsForward<float>(y, a.d_model, rows, share, sum);
  }
  return sum;
}

std::vector<float> Experts(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights,
                           std::span<const float> h) {
  std::vector<float> sum = RoutedExperts(context, layer, weights, h);
  const MoeArchitecture& moe = context.architecture.Moe();
  if (moe.shared_ff == 0) return sum;
  const std::vector<float> shared = Dense(context, layer, weights.shared_expert, h);
  if (moe.shared_gate) {
    const std::vector<float> gate =
        ApplyLinear(context, layer, weights.shared_gate, h, context.tokens());  // [tokens, 1]
    SigmoidGateForward<float>(gate, shared, sum);
  } else {
    AddRows(shared, sum);
  }
  return sum;
}

}  // namespace

void FeedForwardHalf(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights,
                     std::span<float> x) {
  const Architecture& a = context.architecture;
  std::vector<float> h(x.size());  // [tokens, d_model]
  ApplyNorm(a, weights.ffn_norm, x, h);
  h = a.LayerIsMoe(layer) ? Experts(context, layer, weights, h) : Dense(context, layer, weights.ffn, h);
  if (a.post_norms) ApplyNorm(a, weights.post_ffw_norm, h, h);
  AddRows(h, x);
}

}  // namespace bantam
