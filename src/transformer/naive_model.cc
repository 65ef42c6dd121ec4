#include "transformer/naive_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/codec.h"

namespace bantam {
namespace {

void AddTo(std::vector<double>& x, const std::vector<double>& y, double factor = 1.0) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += factor * y[i];
}

// sum(exp(x)) apart, all exponents moved by the largest
std::vector<double> Softmax(const std::vector<double>& x) {
  const double largest = *std::max_element(x.begin(), x.end());
  std::vector<double> p;
  for (const double value : x) p.push_back(std::exp(value - largest));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= sum;
  return p;
}

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double Cap(double x, double cap) { return cap > 0.0 ? cap * std::tanh(x / cap) : x; }

double GeluTanh(double x) { return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x))); }

double HalfPrecisionGelu(double x) {
  if (x <= -10.0) return 0.0;
  if (x >= 10.0) return x;
  const double rounded = HalfToFloat(FloatToHalf(static_cast<float>(x)));
  return HalfToFloat(FloatToHalf(static_cast<float>(GeluTanh(rounded))));
}

}  // namespace

NaiveModel::NaiveModel(const Architecture& architecture, const WeightSource& source, const NaiveOptions& options)
    : architecture_(architecture), options_(options) {
  for (const TensorSpec& spec : TensorSpecs(architecture)) tensors_[spec.name] = source(spec.name);
}

NaiveModel::Vector NaiveModel::Embed(int32_t token, int64_t position) const {
  Vector x(architecture_.d_model);
  for (int64_t j = 0; j < architecture_.d_model; ++j) {
    x[j] = At("token_embd.weight")[token * architecture_.d_model + j] * architecture_.embedding_scale;
    if (architecture_.position == PositionKind::kLearned) {
      x[j] += At("position_embd.weight")[position * architecture_.d_model + j];
    }
  }
  return x;
}

NaiveModel::Vector NaiveModel::Linear(const std::string& stem, const Vector& x, int64_t expert) const {
  // Experts are stacked [experts, out, in], and the number of experts is all that `out` has to be divided by.
  const std::vector<float>& weight = At(stem + ".weight");
  const int64_t in = static_cast<int64_t>(x.size());
  const int64_t stacked = stem.ends_with("_exps") ? architecture_.Moe().experts : 1;
  const int64_t out = static_cast<int64_t>(weight.size()) / in / stacked;
  Vector y(out);
  for (int64_t i = 0; i < out; ++i) {
    for (int64_t j = 0; j < in; ++j) y[i] += weight[(expert * out + i) * in + j] * x[j];
    if (Has(stem + ".bias")) y[i] += At(stem + ".bias")[i];
  }
  return y;
}

NaiveModel::Vector NaiveModel::Norm(const std::string& stem, const Vector& x) const {
  const double width = static_cast<double>(x.size());
  const bool layer_norm = architecture_.norm == NormKind::kLayer;
  const double centre = layer_norm ? std::accumulate(x.begin(), x.end(), 0.0) / width : 0.0;
  double squares = 0;
  for (const double value : x) squares += (value - centre) * (value - centre);
  const double deviation = std::sqrt(squares / width + architecture_.norm_eps);
  Vector y(x.size());
  for (size_t j = 0; j < x.size(); ++j) {
    y[j] = (x[j] - centre) / deviation * At(stem + ".weight")[j];
    if (layer_norm) y[j] += At(stem + ".bias")[j];
  }
  return y;
}

// RMS over pieces as wide as the gain: a head, or all heads.
void NaiveModel::NormHeads(const std::string& name, Vector& x) const {
  if (architecture_.qk_norm == QkNorm::kNone) return;
  const std::vector<float>& gain = At(name);
  for (size_t start = 0; start < x.size(); start += gain.size()) {
    double squares = 0;
    for (size_t j = 0; j < gain.size(); ++j) squares += x[start + j] * x[start + j];
    const double deviation = std::sqrt(squares / static_cast<double>(gain.size()) + architecture_.norm_eps);
    for (size_t j = 0; j < gain.size(); ++j) x[start + j] *= gain[j] / deviation;
  }
}

void NaiveModel::Rotate(int64_t position, Vector& x) const {
  const Architecture& a = architecture_;
  if (a.position != PositionKind::kRope) return;
  for (size_t head = 0; head < x.size(); head += a.head_dim) {
    for (int64_t i = 0; i < a.rope_dim / 2; ++i) {
      const size_t first = head + (a.rope_style == RopeStyle::kInterleaved ? 2 * i : i);
      const size_t second = a.rope_style == RopeStyle::kInterleaved ? first + 1 : first + a.rope_dim / 2;
      const double stretch = (a.rope_freq_factors.empty() ? 1.0 : a.rope_freq_factors[i]) * a.rope_linear_factor;
      const double angle = position / stretch / std::pow(a.rope_theta, 2.0 * i / a.rope_dim);
      const double re = x[first], im = x[second];
      x[first] = re * std::cos(angle) - im * std::sin(angle);
      x[second] = re * std::sin(angle) + im * std::cos(angle);
    }
  }
}

NaiveModel::Vector NaiveModel::Attention(int64_t layer, int64_t position, const Vector& h, Cache& cache) const {
  const Architecture& a = architecture_;
  const std::string block = "blk." + std::to_string(layer) + ".";
  Vector q, k, v;
  if (a.fused_qkv) {
    const Vector qkv = Linear(block + "attn_qkv", h);
    q.assign(qkv.begin(), qkv.begin() + a.q_dim());
    k.assign(qkv.begin() + a.q_dim(), qkv.end() - a.kv_dim());
    v.assign(qkv.end() - a.kv_dim(), qkv.end());
  } else {
    q = Linear(block + "attn_q", h);
    k = Linear(block + "attn_k", h);
    v = Linear(block + "attn_v", h);
  }
  NormHeads(block + "attn_q_norm.weight", q);
  NormHeads(block + "attn_k_norm.weight", k);
  Rotate(position, q);
  Rotate(position, k);
  cache.keys.push_back(k);
  cache.values.push_back(v);

  Vector out(a.q_dim());
  for (int64_t head = 0; head < a.heads; ++head) {
    const int64_t kv_start = head * a.kv_heads / a.heads * a.head_dim;
    std::vector<int64_t> seen;  // a window of w sees the distances 0 to w - 1
    for (int64_t past = 0; past <= position; ++past) {
      if (!a.LayerSlides(layer) || position - past < a.sliding_window) seen.push_back(past);
    }
    Vector scores;
    for (const int64_t past : seen) {
      double dot = 0;
      for (int64_t j = 0; j < a.head_dim; ++j) dot += q[head * a.head_dim + j] * cache.keys[past][kv_start + j];
      scores.push_back(Cap(dot * a.attention_scale, a.attention_soft_cap));
    }
    const Vector p = Softmax(scores);
    for (size_t i = 0; i < seen.size(); ++i) {
      for (int64_t j = 0; j < a.head_dim; ++j) out[head * a.head_dim + j] += p[i] * cache.values[seen[i]][kv_start + j];
    }
  }
  return Linear(block + "attn_output", out);
}

double NaiveModel::Act(double x) const {
  if (architecture_.activation == Activation::kSilu) return x * Sigmoid(x);
  if (architecture_.activation == Activation::kGeluErf) return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
  return options_.half_precision_gelu ? HalfPrecisionGelu(x) : GeluTanh(x);
}

NaiveModel::Vector NaiveModel::Ffn(const std::string& block, const std::string& suffix, const Vector& h,
                                   int64_t expert) const {
  Vector hidden = Linear(block + "ffn_up" + suffix, h, expert);
  if (Has(block + "ffn_gate" + suffix + ".weight")) {
    const Vector gate = Linear(block + "ffn_gate" + suffix, h, expert);
    for (size_t i = 0; i < hidden.size(); ++i) hidden[i] *= Act(gate[i]);
  } else {
    for (double& value : hidden) value = Act(value);
  }
  return Linear(block + "ffn_down" + suffix, hidden, expert);
}

NaiveModel::Vector NaiveModel::Experts(const std::string& block, const Vector& h) const {
  const MoeArchitecture& moe = architecture_.Moe();
  const Vector logits = Linear(block + "ffn_gate_inp", h);
  Vector p = Softmax(logits);
  if (moe.router == RouterKind::kSigmoid) std::transform(logits.begin(), logits.end(), p.begin(), Sigmoid);
  Vector ranking = p;
  if (moe.selection_bias) {
    for (size_t e = 0; e < p.size(); ++e) ranking[e] += At(block + "exp_probs_b.bias")[e];
  }
  std::vector<int64_t> order(moe.experts);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t x, int64_t y) { return ranking[x] > ranking[y] || (ranking[x] == ranking[y] && x < y); });
  order.resize(moe.experts_used);

  double divisor = 1.0;
  if (moe.normalize_weights) {
    divisor = 0.0;
    for (const int64_t expert : order) divisor += p[expert];
    divisor = std::max(divisor, std::ldexp(1.0, -14));
  }
  Vector sum(architecture_.d_model);
  for (const int64_t expert : order)
    AddTo(sum, Ffn(block, "_exps", h, expert), p[expert] / divisor * moe.weights_scale);
  if (moe.shared_ff > 0) {
    const double share = moe.shared_gate ? Sigmoid(Linear(block + "ffn_gate_inp_shexp", h)[0]) : 1.0;
    AddTo(sum, Ffn(block, "_shexp", h), share);
  }
  return sum;
}

std::vector<double> NaiveModel::Forward(std::span<const int32_t> tokens) const {
  std::vector<Cache> caches(architecture_.layers);
  std::vector<double> logits;  // [tokens, vocab]
  for (size_t position = 0; position < tokens.size(); ++position) {
    Vector x = Embed(tokens[position], position);
    for (int64_t layer = 0; layer < architecture_.layers; ++layer) {
      const std::string block = "blk." + std::to_string(layer) + ".";
      Vector update = Attention(layer, position, Norm(block + "attn_norm", x), caches[layer]);
      AddTo(x, architecture_.post_norms ? Norm(block + "post_attention_norm", update) : update);
      const Vector h = Norm(block + "ffn_norm", x);
      update = architecture_.LayerIsMoe(layer) ? Experts(block, h) : Ffn(block, "", h);
      AddTo(x, architecture_.post_norms ? Norm(block + "post_ffw_norm", update) : update);
    }
    const std::string head = architecture_.tied_embeddings ? "token_embd" : "output";
    for (const double logit : Linear(head, Norm("output_norm", x))) {
      logits.push_back(Cap(logit, architecture_.logit_soft_cap));
    }
  }
  return logits;
}

std::vector<double> NaiveLogits(const Model& model, std::span<const int32_t> tokens, const NaiveOptions& options) {
  const WeightSource weights = [&](const std::string& name) { return model.LoadFloats(name); };
  return NaiveModel(model.architecture(), weights, options).Forward(tokens);
}

}  // namespace bantam
