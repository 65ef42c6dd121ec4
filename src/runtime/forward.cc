#include "runtime/forward.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "tensor/codec.h"

namespace bantam {
namespace {

// Rows that one part of a loop over tokens takes: a few thousand values, some microseconds.
constexpr int64_t kRowGrain = 8;

// Heads of tokens that a thread takes from the shared counter at once, and the multiply-adds below which one thread alone
// is faster than waking the others (matrix.cc).
constexpr int64_t kAttendGrain = 4;
constexpr int64_t kMinimalAttendWork = 1 << 18;

void AddBias(const Kernels& kernels, const std::vector<float>& bias, float* x) {
  if (!bias.empty()) kernels.add(x, bias.data(), static_cast<int64_t>(bias.size()));
}

}  // namespace

Forward::Forward(const Weights& weights, const ForwardSizes& sizes, ThreadPool& pool)
    : weights_(weights),
      a_(weights.architecture()),
      kernels_(weights.kernels()),
      pool_(pool),
      angles_(a_),
      cache_(a_, sizes.kv, sizes.context, arena_) {
  Reserve(sizes);
  arena_.Allocate();
}

void Forward::Reserve(const ForwardSizes& sizes) {
  const int64_t chunk = sizes.chunk;
  bool dense = false;
  for (const LayerWeights& layer : weights_.layers()) {
    for (const Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.mlp.gate, &layer.mlp.up}) {
      input_.Need(linear->matrix, chunk);
    }
    mixed_.Need(layer.o.matrix, chunk);
    mixed_.Need(layer.mlp.down.matrix, chunk);
    dense = dense || layer.experts == nullptr;
    if (layer.experts == nullptr) continue;
    if (experts_ == nullptr) experts_ = std::make_unique<ExpertLayer>(weights_, chunk, arena_);
    const Experts& experts = *layer.experts;
    for (const Matrix* matrix : {&experts.router, &experts.gate, &experts.up, &experts.shared_gate,
                                 &experts.shared.gate.matrix, &experts.shared.up.matrix}) {
      input_.Need(*matrix, chunk);
    }
  }
  input_.Need(weights_.head(), sizes.logit_rows);
  input_.Reserve(arena_);
  mixed_.Reserve(arena_);
  arena_.Reserve(&x_, chunk * a_.d_model);
  arena_.Reserve(&h_, chunk * a_.d_model);
  arena_.Reserve(&q_, chunk * a_.q_dim());
  arena_.Reserve(&k_, chunk * a_.kv_dim());
  arena_.Reserve(&v_, chunk * a_.kv_dim());
  arena_.Reserve(&mix_, chunk * a_.q_dim());
  arena_.Reserve(&gate_, dense ? chunk * a_.d_ff : 0);
  arena_.Reserve(&up_, dense ? chunk * a_.d_ff : 0);
  score_stride_ = (sizes.context + 15) / 16 * 16;
  arena_.Reserve(&scores_, pool_.threads() * score_stride_);
  arena_.Reserve(&cosines_, chunk * angles_.pairs());
  arena_.Reserve(&sines_, chunk * angles_.pairs());
  arena_.Reserve(&logits_, sizes.logit_rows * a_.vocab_size);
}

template <typename Body>
void Forward::ForRows(int64_t rows, const Body& body) {
  pool_.ForRanges(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}

void Forward::Normalize(const Norm& norm, const float* x, float* out) const {
  const auto eps = static_cast<float>(a_.norm_eps);
  if (a_.norm == NormKind::kRms) {
    kernels_.rms_norm(x, norm.gain.data(), eps, a_.d_model, out);
  } else {
    kernels_.layer_norm(x, norm.gain.data(), norm.bias.data(), eps, a_.d_model, out);
  }
}

void Forward::Run(std::span<const int32_t> tokens, int64_t position) {
  const auto count = static_cast<int64_t>(tokens.size());
  Embed(tokens, position);
  for (int64_t index = 0; index < a_.layers; ++index) {
    const LayerWeights& layer = weights_.layers()[static_cast<size_t>(index)];
    AttentionInputs(layer, count);
    StoreKeysAndValues(layer, index, count, position);
    Attend(index, count, position);
    AttentionOutput(layer, count);
    if (layer.experts != nullptr) {
      experts_->Run(*layer.experts, input_, count, pool_, h_);
    } else {
      RunMlp(layer.mlp, count);
    }
    ForRows(count, [&](int64_t row) {
      float* out = h_ + row * a_.d_model;
      if (a_.post_norms) Normalize(layer.post_ffn_norm, out, out);
      kernels_.add(x_ + row * a_.d_model, out, a_.d_model);
    });
  }
}

// x = embedding[token] * embedding_scale (+ position_embedding[position])
void Forward::Embed(std::span<const int32_t> tokens, int64_t position) {
  const Matrix &embedding = weights_.embedding(), &positions = weights_.positions();
  ForRows(static_cast<int64_t>(tokens.size()), [&](int64_t row) {
    float* x = x_ + row * a_.d_model;
    const int64_t token = tokens[static_cast<size_t>(row)];
    DecodeRow(embedding.dtype, embedding.data + token * embedding.row_bytes, x, a_.d_model);
    if (a_.embedding_scale != 1.0) kernels_.scale(x, static_cast<float>(a_.embedding_scale), a_.d_model);
    if (a_.position == PositionKind::kLearned) {
      float* learned = h_ + row * a_.d_model;
      DecodeRow(positions.dtype, positions.data + (position + row) * positions.row_bytes, learned, a_.d_model);
      kernels_.add(x, learned, a_.d_model);
    } else {
      angles_.At(position + row, cosines_ + row * angles_.pairs(), sines_ + row * angles_.pairs());
    }
  });
}

// q, k, v = norm(x) W^T, without biases yet
void Forward::AttentionInputs(const LayerWeights& layer, int64_t tokens) {
  const Matrix &q = layer.q.matrix, &k = layer.k.matrix, &v = layer.v.matrix;
  input_.Begin(a_.d_model);
  for (const Matrix* matrix : {&q, &k, &v}) input_.Add(*matrix);
  ForRows(tokens, [&](int64_t row) {
    float* h = h_ + row * a_.d_model;
    Normalize(layer.attention_norm, x_ + row * a_.d_model, h);
    input_.Encode(kernels_, row, h);
  });
  const std::array products = {Product{q, tokens, input_.For(q), {q_, a_.q_dim()}},
                               Product{k, tokens, input_.For(k), {k_, a_.kv_dim()}},
                               Product{v, tokens, input_.For(v), {v_, a_.kv_dim()}}};
  MultiplyAll(pool_, products);
}

// Biases, q/k norms and RoPE; then k and v go to the cache.
void Forward::StoreKeysAndValues(const LayerWeights& layer, int64_t index, int64_t tokens, int64_t position) {
  const auto finish = [&](float* x, int64_t heads, const std::vector<float>& bias, const std::vector<float>& norm,
                          int64_t row) {
    AddBias(kernels_, bias, x);
    if (a_.qk_norm != QkNorm::kNone) {
      const auto n = static_cast<int64_t>(norm.size());  // a head, or the whole row
      for (int64_t i = 0; i < heads * a_.head_dim; i += n) {
        kernels_.rms_norm(x + i, norm.data(), static_cast<float>(a_.norm_eps), n, x + i);
      }
    }
    if (a_.position == PositionKind::kRope) {
      kernels_.rope(x, heads, a_.head_dim, a_.rope_dim, a_.rope_style, cosines_ + row * angles_.pairs(),
                    sines_ + row * angles_.pairs());
    }
  };
  ForRows(tokens, [&](int64_t row) {
    float *q = q_ + row * a_.q_dim(), *k = k_ + row * a_.kv_dim(), *v = v_ + row * a_.kv_dim();
    finish(q, a_.heads, layer.q.bias, layer.q_norm, row);
    finish(k, a_.kv_heads, layer.k.bias, layer.k_norm, row);
    AddBias(kernels_, layer.v.bias, v);
    cache_.Store(kernels_, index, position + row, k, v);
  });
}

void Forward::Attend(int64_t index, int64_t tokens, int64_t position) {
  const int64_t items = tokens * a_.heads, group = a_.heads / a_.kv_heads;
  const int64_t window = a_.LayerSlides(index) ? a_.sliding_window : a_.context_length;
  std::atomic<int64_t> next{0};
  // One part per thread, because a part owns a row of scores; they share the items among themselves.
  const auto work = [&](int64_t part) {
    for (int64_t first; (first = next.fetch_add(kAttendGrain)) < items;) {
      for (int64_t item = first; item < std::min(items, first + kAttendGrain); ++item) {
        const int64_t row = item / a_.heads, head = item % a_.heads, end = position + row + 1;
        kernels_.attend({.kv = cache_.dtype(),
                         .query = q_ + item * a_.head_dim,
                         .k = cache_.Keys(index, head / group),
                         .v = cache_.Values(index, head / group),
                         .head_dim = a_.head_dim,
                         .begin = std::max<int64_t>(0, end - window),
                         .end = end,
                         .scale = static_cast<float>(a_.attention_scale),
                         .soft_cap = static_cast<float>(a_.attention_soft_cap),
                         .scores = scores_ + part * score_stride_,
                         .out = mix_ + item * a_.head_dim});
      }
    }
  };
  const bool alone = items * (position + tokens) * a_.head_dim < kMinimalAttendWork;
  pool_.Run(alone ? 1 : pool_.threads(), work);
}

// x += post_norm(a Wo^T + bo); then the input of the feed-forward layer is encoded.
void Forward::AttentionOutput(const LayerWeights& layer, int64_t tokens) {
  const Matrix& o = layer.o.matrix;
  mixed_.Begin(a_.q_dim());
  mixed_.Add(o);
  ForRows(tokens, [&](int64_t row) { mixed_.Encode(kernels_, row, mix_ + row * a_.q_dim()); });
  MultiplyAll(pool_, std::array{Product{o, tokens, mixed_.For(o), {h_, a_.d_model}}});

  input_.Begin(a_.d_model);
  if (layer.experts != nullptr) {
    experts_->AddInputs(*layer.experts, input_);
  } else {
    input_.Add(layer.mlp.gate.matrix);
    input_.Add(layer.mlp.up.matrix);
  }
  ForRows(tokens, [&](int64_t row) {
    float *x = x_ + row * a_.d_model, *h = h_ + row * a_.d_model;
    AddBias(kernels_, layer.o.bias, h);
    if (a_.post_norms) Normalize(layer.post_attention_norm, h, h);
    kernels_.add(x, h, a_.d_model);
    Normalize(layer.ffn_norm, x, h);
    input_.Encode(kernels_, row, h);
  });
}

// h = down(act(gate h) * up h), or down(act(up h))
void Forward::RunMlp(const Mlp& mlp, int64_t tokens) {
  const Matrix &gate = mlp.gate.matrix, &up = mlp.up.matrix, &down = mlp.down.matrix;
  const bool gated = gate.rows > 0;
  const Nonlinearity act = NonlinearityFor(a_.activation, down.dtype);
  const std::array products = {Product{up, tokens, input_.For(up), {up_, a_.d_ff}},
                               Product{gate, tokens, input_.For(gate), {gate_, a_.d_ff}}};
  MultiplyAll(pool_, std::span(products).first(gated ? 2 : 1));
  mixed_.Begin(a_.d_ff);
  mixed_.Add(down);
  ForRows(tokens, [&](int64_t row) {
    float *g = gate_ + row * a_.d_ff, *u = up_ + row * a_.d_ff;
    AddBias(kernels_, mlp.up.bias, u);
    if (gated) {
      AddBias(kernels_, mlp.gate.bias, g);
      kernels_.activate_gated(act, g, u, a_.d_ff);
    } else {
      kernels_.activate(act, u, a_.d_ff);
    }
    mixed_.Encode(kernels_, row, gated ? g : u);
  });
  MultiplyAll(pool_, std::array{Product{down, tokens, mixed_.For(down), {h_, a_.d_model}}});
  ForRows(tokens, [&](int64_t row) { AddBias(kernels_, mlp.down.bias, h_ + row * a_.d_model); });
}

const float* Forward::Logits(int64_t row, int64_t count) {
  const Matrix& head = weights_.head();
  input_.Begin(a_.d_model);
  input_.Add(head);
  ForRows(count, [&](int64_t i) {
    float* h = h_ + i * a_.d_model;
    Normalize(weights_.output_norm(), x_ + (row + i) * a_.d_model, h);
    input_.Encode(kernels_, i, h);
  });
  MultiplyAll(pool_, std::array{Product{head, count, input_.For(head), {logits_, a_.vocab_size}}});
  if (a_.logit_soft_cap > 0.0) {
    ForRows(count, [&](int64_t i) {
      kernels_.soft_cap(logits_ + i * a_.vocab_size, static_cast<float>(a_.logit_soft_cap), a_.vocab_size);
    });
  }
  return logits_;
}

}  // namespace bantam
