#include "transformer/gradient/attention_half.h"

#include <algorithm>

#include "transformer/ops/causal_attention.h"

namespace bantam {
namespace {

static_assert(kPaddingRows >= kAttentionBlock);

template <typename T, typename E>
void Project(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, AttentionScratch<T, E>& scratch) {
  const Architecture& a = pass.architecture;
  const int64_t tokens = pass.tokens(), q_dim = a.q_dim(), kv_dim = a.kv_dim();
  scratch.q.Resize(tokens * q_dim);
  scratch.k.Resize(tokens * kv_dim);
  scratch.v.Resize(tokens * kv_dim);
  if (!a.fused_qkv) {
    LinearForward(pass, slots.attn_q, tokens, h, false, scratch.q.data());
    LinearForward(pass, slots.attn_k, tokens, h, false, scratch.k.data());
    LinearForward(pass, slots.attn_v, tokens, h, false, scratch.v.data());
    return;
  }
  const int64_t columns = q_dim + 2 * kv_dim;
  scratch.rows.Resize(tokens * columns);
  LinearForward(pass, slots.attn_qkv, tokens, h, false, scratch.rows.data());
  ForRows(tokens, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const T* row = scratch.rows.data() + t * columns;
      std::copy_n(row, q_dim, scratch.q.data() + t * q_dim);
      std::copy_n(row + q_dim, kv_dim, scratch.k.data() + t * kv_dim);
      std::copy_n(row + q_dim + kv_dim, kv_dim, scratch.v.data() + t * kv_dim);
    }
  });
}

// Normalises (keeping what came in), turns and scales x [tokens, heads, head_dim], and stores it as an operand.
template <typename T, typename E>
void NormAndTurn(const Pass<T, E>& pass, const NormSlot& norm, int64_t heads, T scale, std::span<T> x, Buffer<T>& raw,
                 Buffer<E>& y) {
  const Architecture& a = pass.architecture;
  const int64_t columns = heads * a.head_dim;
  y.Resize((pass.tokens() + kPaddingRows) * columns);
  if (norm.present()) raw.Resize(static_cast<int64_t>(x.size()));
  ForRows(pass.tokens(), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const std::span<T> row = x.subspan(t * columns, columns);
      if (norm.present()) {
        std::copy(row.begin(), row.end(), raw.data() + t * columns);
        for (int64_t at = 0; at < columns; at += norm.gain.size) {
          RmsNormRow(raw.data() + t * columns + at, pass.parameters + norm.gain.offset, a.norm_eps, norm.gain.size,
                     row.data() + at);
        }
      }
      if (a.position == PositionKind::kRope) {
        RopeForward<T>(a.rope_style, pass.rope, pass.positions[t], heads, a.head_dim, row);
      }
      if (scale != T{1}) {
        for (T& value : row) value *= scale;
      }
      ConvertRow(row.data(), columns, y.data() + t * columns);
    }
  });
  std::fill_n(y.data() + pass.tokens() * columns, kPaddingRows * columns, E{});
}

// The way back: dx of the operand becomes dx of the projection, as an operand in `out`.
template <typename T, typename E>
void NormAndTurnBackward(const Pass<T, E>& pass, const NormSlot& norm, int64_t heads, T scale, const Buffer<T>& raw,
                         std::span<T> dx, Buffer<E>& out) {
  const Architecture& a = pass.architecture;
  const int64_t columns = heads * a.head_dim, width = norm.gain.size;
  out.Resize(static_cast<int64_t>(dx.size()));
  std::vector<T> gain_sums(kRowShards * width);
  ForRowShards(pass.tokens(), [&](int64_t shard, int64_t begin, int64_t end) {
    std::vector<T> before(columns);
    for (int64_t t = begin; t < end; ++t) {
      const std::span<T> row = dx.subspan(t * columns, columns);
      if (scale != T{1}) {
        for (T& value : row) value *= scale;
      }
      if (a.position == PositionKind::kRope) {
        RopeBackward<T>(a.rope_style, pass.rope, pass.positions[t], heads, a.head_dim, row);
      }
      if (norm.present()) {
        std::fill(before.begin(), before.end(), T{0});
        for (int64_t at = 0; at < columns; at += width) {
          RmsNormRowBackward(raw.data() + t * columns + at, pass.parameters + norm.gain.offset, a.norm_eps,
                             row.data() + at, width, before.data() + at, gain_sums.data() + shard * width);
        }
        ConvertRow(before.data(), columns, out.data() + t * columns);
      } else {
        ConvertRow(row.data(), columns, out.data() + t * columns);
      }
    }
  });
  for (int64_t at = 0; at < kRowShards * width; at += width) {
    AddRow(gain_sums.data() + at, width, pass.gradients + norm.gain.offset);
  }
}

template <typename T, typename E>
AttentionParameters Parameters(const Pass<T, E>& pass, int64_t layer) {
  const Architecture& a = pass.architecture;
  return {.scale = a.attention_scale,
          .soft_cap = a.attention_soft_cap,
          .window = a.LayerSlides(layer) ? a.sliding_window : 0};
}

// Calls body(first token, tokens, key/value head) for every document and key/value head.
template <typename T, typename E, typename Body>
void ForDocumentsAndHeads(const Pass<T, E>& pass, const Body& body) {
  const int64_t heads = pass.architecture.kv_heads;
  const int64_t documents = static_cast<int64_t>(pass.document_begin.size()) - 1;
  WorkbenchPool().Run(documents * heads, [&](int64_t part) {
    const int64_t first = pass.document_begin[part / heads];
    body(first, pass.document_begin[part / heads + 1] - first, part % heads);
  });
}

template <typename T, typename E>
void Attend(const Pass<T, E>& pass, int64_t layer, AttentionActivations<T, E>& kept) {
  const Architecture& a = pass.architecture;
  const AttentionParameters parameters = Parameters(pass, layer);
  const int64_t group = a.heads / a.kv_heads, q_dim = a.q_dim(), kv_dim = a.kv_dim();
  ForDocumentsAndHeads(pass, [&](int64_t first, int64_t tokens, int64_t kv_head) {
    const int64_t kv_at = first * kv_dim + kv_head * a.head_dim;
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      const int64_t q_at = first * q_dim + head * a.head_dim;
      CausalAttentionForward<T, E>(parameters, tokens, a.head_dim, {kept.q.data() + q_at, q_dim},
                                   {kept.k.data() + kv_at, kv_dim}, {kept.v.data() + kv_at, kv_dim},
                                   {kept.attended.data() + q_at, q_dim},
                                   kept.log_sums.data() + head * pass.tokens() + first);
    }
  });
}

// scratch.q, k, v = gradients of the operands, from scratch.dout.
template <typename T, typename E>
void AttendBackward(const Pass<T, E>& pass, int64_t layer, const AttentionActivations<T, E>& kept,
                    AttentionScratch<T, E>& scratch) {
  const Architecture& a = pass.architecture;
  const AttentionParameters parameters = Parameters(pass, layer);
  const int64_t group = a.heads / a.kv_heads, q_dim = a.q_dim(), kv_dim = a.kv_dim();
  ForDocumentsAndHeads(pass, [&](int64_t first, int64_t tokens, int64_t kv_head) {
    const int64_t kv_at = first * kv_dim + kv_head * a.head_dim;
    const int64_t padded = (tokens + kAttentionBlock - 1) / kAttentionBlock * kAttentionBlock;
    std::vector<T> dk(padded * a.head_dim), dv(padded * a.head_dim);
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      const int64_t q_at = first * q_dim + head * a.head_dim;
      CausalAttentionBackward<T, E>(
          parameters, tokens, a.head_dim, {kept.q.data() + q_at, q_dim}, {kept.k.data() + kv_at, kv_dim},
          {kept.v.data() + kv_at, kv_dim}, {scratch.dout.data() + q_at, q_dim},
          kept.log_sums.data() + head * pass.tokens() + first, {scratch.q.data() + q_at, q_dim}, dk.data(), dv.data());
    }
    for (int64_t t = 0; t < tokens; ++t) {
      std::copy_n(dk.data() + t * a.head_dim, a.head_dim, scratch.k.data() + kv_at + t * kv_dim);
      std::copy_n(dv.data() + t * a.head_dim, a.head_dim, scratch.v.data() + kv_at + t * kv_dim);
    }
  });
}

// dh [tokens, d_model] from the gradients of the three projections, which are operands by now.
template <typename T, typename E>
void ProjectBackward(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, AttentionScratch<T, E>& scratch,
                     T* dh) {
  const Architecture& a = pass.architecture;
  const int64_t tokens = pass.tokens(), q_dim = a.q_dim(), kv_dim = a.kv_dim();
  if (!a.fused_qkv) {
    LinearBackward(pass, slots.attn_q, tokens, h, scratch.dq.data(), false, dh);
    LinearBackward(pass, slots.attn_k, tokens, h, scratch.dk.data(), true, dh);
    LinearBackward(pass, slots.attn_v, tokens, h, scratch.dv.data(), true, dh);
    return;
  }
  const int64_t columns = q_dim + 2 * kv_dim;
  scratch.dy.Resize(tokens * columns);
  ForRows(tokens, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      E* row = scratch.dy.data() + t * columns;
      std::copy_n(scratch.dq.data() + t * q_dim, q_dim, row);
      std::copy_n(scratch.dk.data() + t * kv_dim, kv_dim, row + q_dim);
      std::copy_n(scratch.dv.data() + t * kv_dim, kv_dim, row + q_dim + kv_dim);
    }
  });
  LinearBackward(pass, slots.attn_qkv, tokens, h, scratch.dy.data(), false, dh);
}

}  // namespace

template <typename T, typename E>
void AttentionForward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots, std::span<T> x,
                      AttentionActivations<T, E>& kept, AttentionScratch<T, E>& scratch) {
  const Architecture& a = pass.architecture;
  const int64_t tokens = pass.tokens();
  kept.x.Resize(static_cast<int64_t>(x.size()));
  ConvertRows<T, T>(x, kept.x.data());
  kept.h.Resize(static_cast<int64_t>(x.size()));
  NormForward(pass, slots.attn_norm, std::span<const T>(kept.x), kept.h.data());
  Project(pass, slots, kept.h.data(), scratch);
  NormAndTurn(pass, slots.attn_q_norm, a.heads, static_cast<T>(a.attention_scale), std::span<T>(scratch.q), kept.q_raw,
              kept.q);
  NormAndTurn(pass, slots.attn_k_norm, a.kv_heads, T{1}, std::span<T>(scratch.k), kept.k_raw, kept.k);
  kept.v.Resize((tokens + kPaddingRows) * a.kv_dim());
  ConvertRows<T, E>(std::span<const T>(scratch.v), kept.v.data());
  std::fill_n(kept.v.data() + tokens * a.kv_dim(), kPaddingRows * a.kv_dim(), E{});

  kept.log_sums.Resize(a.heads * tokens);
  kept.attended.Resize(tokens * a.q_dim());
  Attend(pass, layer, kept);
  if (!a.post_norms) {
    LinearForward(pass, slots.attn_output, tokens, kept.attended.data(), true, x.data());
    return;
  }
  kept.projected.Resize(static_cast<int64_t>(x.size()));
  LinearForward(pass, slots.attn_output, tokens, kept.attended.data(), false, kept.projected.data());
  scratch.rows.Resize(static_cast<int64_t>(x.size()));
  NormForward(pass, slots.post_attention_norm, std::span<const T>(kept.projected), scratch.rows.data());
  AddRow(scratch.rows.data(), static_cast<int64_t>(x.size()), x.data());
}

template <typename T, typename E>
void AttentionBackward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots,
                       const AttentionActivations<T, E>& kept, std::span<T> dx, AttentionScratch<T, E>& scratch) {
  const Architecture& a = pass.architecture;
  const int64_t tokens = pass.tokens(), size = static_cast<int64_t>(dx.size());
  scratch.dy.Resize(size);
  if (a.post_norms) {
    scratch.rows.Resize(size);
    std::fill_n(scratch.rows.data(), size, T{0});
    NormBackward(pass, slots.post_attention_norm, std::span<const T>(kept.projected), std::span<const T>(dx),
                 scratch.rows.data());
    ConvertRows<T, E>(std::span<const T>(scratch.rows), scratch.dy.data());
  } else {
    ConvertRows<T, E>(std::span<const T>(dx), scratch.dy.data());
  }
  scratch.q.Resize(tokens * a.q_dim());
  scratch.k.Resize(tokens * a.kv_dim());
  scratch.v.Resize(tokens * a.kv_dim());
  LinearBackward(pass, slots.attn_output, tokens, kept.attended.data(), scratch.dy.data(), false, scratch.q.data());
  scratch.dout.Resize((tokens + kPaddingRows) * a.q_dim());
  ConvertRows<T, E>(std::span<const T>(scratch.q), scratch.dout.data());
  std::fill_n(scratch.dout.data() + tokens * a.q_dim(), kPaddingRows * a.q_dim(), E{});

  AttendBackward(pass, layer, kept, scratch);
  NormAndTurnBackward(pass, slots.attn_q_norm, a.heads, static_cast<T>(a.attention_scale), kept.q_raw,
                      std::span<T>(scratch.q), scratch.dq);
  NormAndTurnBackward(pass, slots.attn_k_norm, a.kv_heads, T{1}, kept.k_raw, std::span<T>(scratch.k), scratch.dk);
  scratch.dv.Resize(tokens * a.kv_dim());
  ConvertRows<T, E>(std::span<const T>(scratch.v), scratch.dv.data());
  scratch.rows.Resize(size);
  ProjectBackward(pass, slots, kept.h.data(), scratch, scratch.rows.data());
  NormBackward(pass, slots.attn_norm, std::span<const T>(kept.x), std::span<const T>(scratch.rows), dx.data());
}

#define BANTAM_INSTANTIATE(T, E)                                                                    \
  template void AttentionForward<T, E>(const Pass<T, E>&, int64_t, const LayerSlots&, std::span<T>, \
                                       AttentionActivations<T, E>&, AttentionScratch<T, E>&);       \
  template void AttentionBackward<T, E>(const Pass<T, E>&, int64_t, const LayerSlots&,              \
                                        const AttentionActivations<T, E>&, std::span<T>, AttentionScratch<T, E>&)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
