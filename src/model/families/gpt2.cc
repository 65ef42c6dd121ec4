// GPT-2.
//
//   config.json                       Architecture
//   n_layer, n_embd, n_head           layers, d_model, heads = kv_heads
//   n_inner (null: 4 * n_embd)        d_ff
//   n_positions                       context_length: rows of position_embd.weight
//   layer_norm_epsilon                norm_eps; attention.layer_norm_epsilon in a GGUF
//   activation_function               activation: "gelu_new" is the tanh form, "gelu" the erf form (which llama.cpp
//   lacks) scale_attn_weights                attention_scale, only true scale_attn_by_inverse_layer_idx   only false
//   add_cross_attention               only false
//
// LayerNorm, biases everywhere, no RoPE, q, k and v in one tensor. Conv1D stores [in, out]: weights are transposed.
// OpenAI's own checkpoint lacks the prefix "transformer.", and carries causal masks (attn.bias), which are no weights.
#include "base/error.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Gpt2 : public Family {
 public:
  std::string_view gguf_name() const override { return "gpt2"; }
  std::vector<std::string_view> hf_model_types() const override { return {"gpt2"}; }
  std::string_view hf_prefix() const override { return "transformer."; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    RefuseQuantized(config);
    config.Only("scale_attn_weights", true);
    config.Only("scale_attn_by_inverse_layer_idx", false);
    config.Only("add_cross_attention", false);
    Architecture a;
    a.family = gguf_name();
    a.layers = config.Int("n_layer");
    a.d_model = config.Int("n_embd");
    a.heads = a.kv_heads = config.Int("n_head");
    if (a.heads <= 0 || a.d_model <= 0 || a.d_model % a.heads != 0) {
      Fail(ErrorCode::kFormat,
           "n_embd " + std::to_string(a.d_model) + " is not a positive multiple of n_head " + std::to_string(a.heads),
           where);
    }
    a.head_dim = a.d_model / a.heads;
    constexpr int64_t kWidest = int64_t{1} << 40;  // keeps the default below from overflowing; Validate is stricter
    a.d_ff = config.Int("n_inner", a.d_model < kWidest ? 4 * a.d_model : a.d_model);
    a.vocab_size = config.Int("vocab_size");
    a.context_length = config.Int("n_positions");
    a.norm_eps = config.Real("layer_norm_epsilon");
    a.activation = ReadActivation(config);
    a.tied_embeddings = config.Bool("tie_word_embeddings", true);
    a.attention_scale = InverseSqrt(static_cast<double>(a.head_dim));
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kLayer, PositionKind::kLearned);
    a.activation = Activation::kGeluTanh;
    return Finish(std::move(a), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    RequireGguf(a.q_dim() == a.d_model, a, "whose heads together differ from its width");
    WriteGgufDecoder(a, metadata);
  }

  Json ToHf(const Architecture& a) const override {
    if (a.kv_heads != a.heads) Fail(ErrorCode::kUnsupported, "a config.json of GPT-2 has no key/value heads", a.name);
    if (a.q_dim() != a.d_model) {
      Fail(ErrorCode::kUnsupported, "a config.json of GPT-2 cannot hold heads that together differ from the width",
           a.name);
    }
    Json config;
    config["architectures"] = Json::array({"GPT2LMHeadModel"});
    config["model_type"] = "gpt2";
    config["n_layer"] = a.layers;
    config["n_embd"] = a.d_model;
    config["n_head"] = a.heads;
    config["n_inner"] = a.d_ff;
    config["n_positions"] = a.context_length;
    config["n_ctx"] = a.context_length;
    config["vocab_size"] = a.vocab_size;
    config["layer_norm_epsilon"] = Tidy(a.norm_eps);
    config["activation_function"] = a.activation == Activation::kGeluErf ? "gelu" : "gelu_new";
    config["tie_word_embeddings"] = a.tied_embeddings;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    constexpr HfTransform kTranspose = HfTransform::kTranspose;
    return {
        {"token_embd.weight", "transformer.wte.weight"},
        {"position_embd.weight", "transformer.wpe.weight"},
        {"output_norm.weight", "transformer.ln_f.weight"},
        {"output_norm.bias", "transformer.ln_f.bias"},
        {"output.weight", "lm_head.weight"},
        {"blk.#.attn_norm.weight", "transformer.h.#.ln_1.weight"},
        {"blk.#.attn_norm.bias", "transformer.h.#.ln_1.bias"},
        {"blk.#.attn_qkv.weight", "transformer.h.#.attn.c_attn.weight", kTranspose},
        {"blk.#.attn_qkv.bias", "transformer.h.#.attn.c_attn.bias"},
        {"blk.#.attn_output.weight", "transformer.h.#.attn.c_proj.weight", kTranspose},
        {"blk.#.attn_output.bias", "transformer.h.#.attn.c_proj.bias"},
        {"blk.#.ffn_norm.weight", "transformer.h.#.ln_2.weight"},
        {"blk.#.ffn_norm.bias", "transformer.h.#.ln_2.bias"},
        {"blk.#.ffn_up.weight", "transformer.h.#.mlp.c_fc.weight", kTranspose},
        {"blk.#.ffn_up.bias", "transformer.h.#.mlp.c_fc.bias"},
        {"blk.#.ffn_down.weight", "transformer.h.#.mlp.c_proj.weight", kTranspose},
        {"blk.#.ffn_down.bias", "transformer.h.#.mlp.c_proj.bias"},
    };
  }

 private:
  static Activation ReadActivation(const HfConfig& config) {
    const std::string name = config.String("activation_function", "gelu_new");
    if (name == "gelu") return Activation::kGeluErf;
    if (name != "gelu_new" && name != "gelu_pytorch_tanh") config.Unsupported("activation_function", name);
    return Activation::kGeluTanh;
  }

  static Architecture Finish(Architecture a, const std::string& where) {
    a.norm = NormKind::kLayer;
    a.position = PositionKind::kLearned;
    a.fused_qkv = a.qkv_bias = a.attention_output_bias = a.ffn_bias = true;
    a.gated_ffn = false;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& Gpt2Family() {
  static const Gpt2 family;
  return family;
}

}  // namespace bantam
