#include "model/architecture.h"

#include <cmath>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"

namespace bantam {
namespace {

// llama.cpp loads no more layers and experts than these (LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS). The widths leave room
// above every public model, and 2^9 layers * 2^10 experts * 3 matrices * 2^20 * 2^20 stays below 2^63, so counts never
// overflow.
constexpr int64_t kMaxLayers = 512;
constexpr int64_t kMaxExperts = 1024;
constexpr int64_t kMaxWidth = int64_t{1} << 20;
constexpr int64_t kMaxVocabulary = int64_t{1} << 24;
constexpr int64_t kMaxContext = int64_t{1} << 28;  // 2 * 2^9 layers * 2^20 * 4 bytes per token times this is 2^60

class Checker {
 public:
  explicit Checker(const std::string& where) : where_(where) {}

  void Range(std::string_view field, int64_t value, int64_t low, int64_t high) const {
    if (value < low || value > high) FailField(field, fmt::format("{} is outside {} to {}", value, low, high));
  }
  // low < value < high; NaN fails.
  void Between(std::string_view field, double value, double low, double high) const {
    if (!(value > low && value < high)) FailField(field, fmt::format("{} is outside {} to {}", value, low, high));
  }
  void NotNegative(std::string_view field, double value) const {
    if (!(value >= 0.0) || std::isinf(value)) FailField(field, fmt::format("{} is not a number from 0 up", value));
  }
  void Divides(std::string_view field, int64_t value, std::string_view divisor_name, int64_t divisor) const {
    if (value % divisor != 0)
      FailField(field, fmt::format("{} is not a multiple of {} = {}", value, divisor_name, divisor));
  }
  [[noreturn]] void FailField(std::string_view field, const std::string& what) const {
    Fail(ErrorCode::kFormat, fmt::format("{}: {}", field, what), where_);
  }

 private:
  const std::string& where_;
};

void CheckMoe(const Checker& check, const MoeArchitecture& moe, int64_t layers) {
  check.Range("experts", moe.experts, 1, kMaxExperts);
  check.Range("experts used", moe.experts_used, 1, moe.experts);
  check.Range("width of an expert", moe.expert_ff, 1, kMaxWidth);
  check.Range("width of the shared expert", moe.shared_ff, 0, kMaxWidth);
  check.Range("leading dense layers", moe.leading_dense_layers, 0, layers - 1);
  check.Between("scale of the expert weights", moe.weights_scale, 0.0, 1e6);
  if (moe.shared_gate && moe.shared_ff == 0) check.FailField("shared expert", "a gate is there, the expert is not");
}

void CheckRope(const Checker& check, const Architecture& a) {
  if (a.position == PositionKind::kLearned) {
    check.Range("rotated dimensions of a model with learned positions", a.rope_dim, 0, 0);
    if (!a.rope_freq_factors.empty()) check.FailField("rope frequency factors", "positions are learned");
    return;
  }
  check.Range("rotated dimensions", a.rope_dim, 2, a.head_dim);
  check.Divides("rotated dimensions", a.rope_dim, "pair", 2);
  check.Between("rope theta", a.rope_theta, 0.0, 1e15);
  check.Between("rope scaling factor", a.rope_linear_factor, 0.0, 1e6);
  if (a.rope_freq_factors.empty()) return;
  const auto pairs = static_cast<int64_t>(a.rope_freq_factors.size());
  if (pairs != a.rope_dim / 2) {
    check.FailField("rope frequency factors", fmt::format("{} for {} pairs of dimensions", pairs, a.rope_dim / 2));
  }
  for (const float factor : a.rope_freq_factors) check.Between("rope frequency factor", factor, 0.0, 1e6);
}

}  // namespace

const MoeArchitecture& Architecture::Moe() const {
  if (!moe) Fail(ErrorCode::kInternal, "the model has no experts", name);
  return *moe;
}

void Architecture::Validate(const std::string& where) const {
  const Checker check(where);
  check.Range("layers", layers, 1, kMaxLayers);
  check.Range("model width", d_model, 1, kMaxWidth);
  check.Range("heads", heads, 1, kMaxWidth);
  check.Range("key/value heads", kv_heads, 1, heads);
  check.Divides("heads", heads, "key/value heads", kv_heads);
  check.Range("head dimension", head_dim, 1, kMaxWidth);
  check.Range("heads * head dimension", q_dim(), 1, kMaxWidth);
  check.Range("feed-forward width", d_ff, 1, kMaxWidth);
  check.Range("vocabulary size", vocab_size, 1, kMaxVocabulary);
  check.Range("context length", context_length, 1, kMaxContext);
  check.Between("norm epsilon", norm_eps, 0.0, 1.0);
  CheckRope(check, *this);
  check.Between("attention scale", attention_scale, 0.0, 1e6);
  check.NotNegative("attention soft cap", attention_soft_cap);
  check.NotNegative("logit soft cap", logit_soft_cap);
  check.Range("sliding window", sliding_window, 0, kMaxContext);
  check.Range("sliding pattern", sliding_pattern, 1, kMaxLayers);
  check.Between("embedding scale", embedding_scale, 0.0, 1e6);
  if (moe) CheckMoe(check, *moe, layers);
}

namespace {

// Appends the tensors of one model, one section of the file after the other.
class SpecBuilder {
 public:
  explicit SpecBuilder(const Architecture& architecture) : a_(architecture) {}

  std::vector<TensorSpec> Build() {
    layer_ = -1;
    Add("token_embd.weight", {a_.vocab_size, a_.d_model}, TensorRole::kEmbedding);
    if (a_.position == PositionKind::kLearned) {
      Add("position_embd.weight", {a_.context_length, a_.d_model}, TensorRole::kPosition);
    }
    if (!a_.rope_freq_factors.empty()) {
      Add("rope_freqs.weight", {a_.rope_dim / 2}, TensorRole::kRopeFactors);
      specs_.back().required = false;
    }
    for (layer_ = 0; layer_ < a_.layers; ++layer_) {
      AddAttention();
      AddNorm("ffn_norm");
      if (a_.LayerIsMoe(layer_)) {
        AddExperts(a_.Moe());
      } else {
        AddFfn();
      }
      if (a_.post_norms) AddNorm("post_ffw_norm");
    }
    layer_ = -1;
    AddNorm("output_norm");
    if (!a_.tied_embeddings) Add("output.weight", {a_.vocab_size, a_.d_model}, TensorRole::kOutput);
    return std::move(specs_);
  }

 private:
  void Add(std::string_view suffix, Shape shape, TensorRole role) {
    std::string name = layer_ < 0 ? std::string(suffix) : fmt::format("blk.{}.{}", layer_, suffix);
    specs_.push_back({std::move(name), std::move(shape), role, layer_, true});
  }

  void AddNorm(const std::string& stem) {
    Add(stem + ".weight", {a_.d_model}, TensorRole::kNorm);
    if (a_.norm == NormKind::kLayer) Add(stem + ".bias", {a_.d_model}, TensorRole::kBias);
  }

  // y = x W^T (+ b): W is [out, in]
  void AddLinear(const std::string& stem, int64_t out, int64_t in, bool bias, TensorRole role) {
    Add(stem + ".weight", {out, in}, role);
    if (bias) Add(stem + ".bias", {out}, TensorRole::kBias);
  }

  void AddAttention() {
    AddNorm("attn_norm");
    if (a_.fused_qkv) {
      AddLinear("attn_qkv", a_.q_dim() + 2 * a_.kv_dim(), a_.d_model, a_.qkv_bias, TensorRole::kAttention);
    } else {
      AddLinear("attn_q", a_.q_dim(), a_.d_model, a_.qkv_bias, TensorRole::kAttention);
      AddLinear("attn_k", a_.kv_dim(), a_.d_model, a_.qkv_bias, TensorRole::kAttention);
      AddLinear("attn_v", a_.kv_dim(), a_.d_model, a_.qkv_bias, TensorRole::kAttention);
    }
    if (a_.qk_norm != QkNorm::kNone) {
      const bool full = a_.qk_norm == QkNorm::kFull;
      Add("attn_q_norm.weight", {full ? a_.q_dim() : a_.head_dim}, TensorRole::kNorm);
      Add("attn_k_norm.weight", {full ? a_.kv_dim() : a_.head_dim}, TensorRole::kNorm);
    }
    AddLinear("attn_output", a_.d_model, a_.q_dim(), a_.attention_output_bias, TensorRole::kAttention);
    if (a_.post_norms) AddNorm("post_attention_norm");
  }

  void AddFfn() {
    if (a_.gated_ffn) AddLinear("ffn_gate", a_.d_ff, a_.d_model, a_.ffn_bias, TensorRole::kFfn);
    AddLinear("ffn_up", a_.d_ff, a_.d_model, a_.ffn_bias, TensorRole::kFfn);
    AddLinear("ffn_down", a_.d_model, a_.d_ff, a_.ffn_bias, TensorRole::kFfn);
  }

  void AddExperts(const MoeArchitecture& moe) {
    Add("ffn_gate_inp.weight", {moe.experts, a_.d_model}, TensorRole::kRouter);
    if (moe.selection_bias) Add("exp_probs_b.bias", {moe.experts}, TensorRole::kRouter);
    Add("ffn_gate_exps.weight", {moe.experts, moe.expert_ff, a_.d_model}, TensorRole::kExpert);
    Add("ffn_up_exps.weight", {moe.experts, moe.expert_ff, a_.d_model}, TensorRole::kExpert);
    Add("ffn_down_exps.weight", {moe.experts, a_.d_model, moe.expert_ff}, TensorRole::kExpert);
    if (moe.shared_ff == 0) return;
    if (moe.shared_gate) Add("ffn_gate_inp_shexp.weight", {a_.d_model}, TensorRole::kRouter);
    AddLinear("ffn_gate_shexp", moe.shared_ff, a_.d_model, false, TensorRole::kFfn);
    AddLinear("ffn_up_shexp", moe.shared_ff, a_.d_model, false, TensorRole::kFfn);
    AddLinear("ffn_down_shexp", a_.d_model, moe.shared_ff, false, TensorRole::kFfn);
  }

  const Architecture& a_;
  int64_t layer_ = -1;
  std::vector<TensorSpec> specs_;
};

}  // namespace

std::vector<TensorSpec> TensorSpecs(const Architecture& architecture) { return SpecBuilder(architecture).Build(); }

}  // namespace bantam
