#include <algorithm>

#include "math/parallel.h"
#include "transformer/block.h"
#include "transformer/ops/attention.h"
#include "transformer/ops/rms_norm.h"

namespace bantam {
namespace {

// Queries of one head that are scored together. Larger blocks waste more products on keys after a query (half a block
// per query), smaller ones give the matrix product too few rows.
constexpr int64_t kQueryBlock = 64;

struct Qkv {
  std::vector<float> q;     // [tokens, heads, head_dim]
  std::vector<float> k, v;  // [tokens, kv_heads, head_dim]
};

// Columns [begin, begin + width) of x [rows, columns].
std::vector<float> CopyColumns(std::span<const float> x, int64_t columns, int64_t begin, int64_t width) {
  std::vector<float> copy;
  copy.reserve(x.size() / columns * width);
  for (size_t row = 0; row < x.size(); row += columns) {
    copy.insert(copy.end(), x.begin() + row + begin, x.begin() + row + begin + width);
  }
  return copy;
}

Qkv Project(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights, std::span<const float> h) {
  const int64_t tokens = context.tokens();
  if (!context.architecture.fused_qkv) {
    return {.q = ApplyLinear(context, layer, weights.attn_q, h, tokens),
            .k = ApplyLinear(context, layer, weights.attn_k, h, tokens),
            .v = ApplyLinear(context, layer, weights.attn_v, h, tokens)};
  }
  const int64_t q_dim = context.architecture.q_dim(), kv_dim = context.architecture.kv_dim();
  const int64_t columns = q_dim + 2 * kv_dim;
  const std::vector<float> fused = ApplyLinear(context, layer, weights.attn_qkv, h, tokens);
  return {.q = CopyColumns(fused, columns, 0, q_dim),
          .k = CopyColumns(fused, columns, q_dim, kv_dim),
          .v = CopyColumns(fused, columns, q_dim + kv_dim, kv_dim)};
}

// Normalises q or k, per head or per row: the gain's width says which. Then turns it.
void NormAndTurn(const ForwardContext& context, const NormWeights& norm, int64_t heads, std::span<float> x) {
  const Architecture& a = context.architecture;
  if (const int64_t width = static_cast<int64_t>(norm.gain.size()); width > 0) {
    ForRows(static_cast<int64_t>(x.size()) / width, [&](int64_t begin, int64_t end) {
      const std::span<float> rows = RowRange(x, width, begin, end);
      RmsNormForward<float>(rows, norm.gain, a.norm_eps, rows);
    });
  }
  if (a.position != PositionKind::kRope) return;
  for (size_t s = 0; s + 1 < context.sequence_begin.size(); ++s) {
    const int64_t first = context.sequence_begin[s];
    ForRows(context.sequence_begin[s + 1] - first, [&](int64_t begin, int64_t end) {
      const std::span<float> rows = RowRange(x, heads * a.head_dim, first + begin, first + end);
      RopeForward<float>(a.rope_style, context.rope, begin, heads, a.head_dim, rows);
    });
  }
}

// out [tokens, heads, head_dim]: attention of sequence `s`, rows [first, first + tokens) of the batch.
void AttendSequence(const ForwardContext& context, int64_t layer, int64_t s, const Qkv& qkv, std::span<float> out) {
  const Architecture& a = context.architecture;
  const int64_t first = context.sequence_begin[s], tokens = context.sequence_begin[s + 1] - first;
  const int64_t blocks = (tokens + kQueryBlock - 1) / kQueryBlock, group = a.heads / a.kv_heads;
  const AttentionParameters parameters{.scale = a.attention_scale,
                                       .soft_cap = a.attention_soft_cap,
                                       .window = a.LayerSlides(layer) ? a.sliding_window : 0};
  // probabilities: [rows of the block, tokens]
  const auto attend = [&](int64_t head, int64_t begin, int64_t end, std::span<float> probabilities) {
    const int64_t q_start = first * a.q_dim() + head * a.head_dim;
    const int64_t kv_start = first * a.kv_dim() + head / group * a.head_dim;
    AttentionRowsForward<float>(parameters, tokens, a.head_dim, begin, end, {qkv.q.data() + q_start, a.q_dim()},
                                {qkv.k.data() + kv_start, a.kv_dim()}, {qkv.v.data() + kv_start, a.kv_dim()},
                                probabilities, {out.data() + q_start, a.q_dim()});
  };
  if (!context.tap) {
    WorkbenchPool().Run(a.heads * blocks, [&](int64_t part) {
      const int64_t begin = part % blocks * kQueryBlock, end = std::min(begin + kQueryBlock, tokens);
      std::vector<float> probabilities((end - begin) * tokens);
      attend(part / blocks, begin, end, probabilities);
    });
    return;
  }
  std::vector<float> probabilities(tokens * tokens);
  for (int64_t head = 0; head < a.heads; ++head) {
    WorkbenchPool().Run(blocks, [&](int64_t block) {
      const int64_t begin = block * kQueryBlock, end = std::min(begin + kQueryBlock, tokens);
      attend(head, begin, end, RowRange(std::span(probabilities), tokens, begin, end));
    });
    context.tap({.kind = TapKind::kAttention,
                 .layer = layer,
                 .sequence = s,
                 .head = head,
                 .rows = tokens,
                 .columns = tokens,
                 .values = probabilities.data()});
  }
}

}  // namespace

void AttentionHalf(const ForwardContext& context, int64_t layer, const FloatLayerWeights& weights, std::span<float> x) {
  const Architecture& a = context.architecture;
  std::vector<float> h(x.size());  // [tokens, d_model]
  ApplyNorm(a, weights.attn_norm, x, h);
  Qkv qkv = Project(context, layer, weights, h);
  NormAndTurn(context, weights.attn_q_norm, a.heads, qkv.q);
  NormAndTurn(context, weights.attn_k_norm, a.kv_heads, qkv.k);
  std::vector<float> attended(qkv.q.size());  // [tokens, heads, head_dim]
  for (size_t s = 0; s + 1 < context.sequence_begin.size(); ++s) AttendSequence(context, layer, s, qkv, attended);
  h = ApplyLinear(context, layer, weights.attn_output, attended, context.tokens());
  if (a.post_norms) ApplyNorm(a, weights.post_attention_norm, h, h);
  AddRows(h, x);
}

}  // namespace bantam
