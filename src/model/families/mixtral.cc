// Mixtral: Llama with experts. In llama.cpp it is the architecture "llama" with expert_count.
//
//   config.json           Architecture
//   num_local_experts     moe.experts
//   num_experts_per_tok   moe.experts_used
//   intermediate_size     d_ff and moe.expert_ff
//   sliding_window        sliding_window, as for Mistral (llama.cc)
//
// The chosen experts' softmax weights are always divided by their sum, in transformers and in llama.cpp.
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Mixtral : public Family {
 public:
  std::string_view gguf_name() const override { return "llama"; }
  std::vector<std::string_view> hf_model_types() const override { return {"mixtral"}; }
  bool Owns(const Architecture& a) const override { return a.family == gguf_name() && a.moe; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    a.sliding_window = config.Int("sliding_window", 0);
    MoeArchitecture moe;
    moe.experts = config.Int("num_local_experts");
    moe.experts_used = config.Int("num_experts_per_tok");
    return Finish(std::move(a), moe, where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    // The dense architecture has every key but the experts'.
    Architecture a = LlamaFamily().FromGguf(metadata, tensors);
    return Finish(std::move(a), ReadGgufExperts(GgufKeys(metadata)), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    const MoeArchitecture& moe = a.Moe();
    RequireGguf(!a.ffn_bias, a, "whose experts have biases");
    RequireGguf(moe.expert_ff == a.d_ff, a, "whose experts differ from feed_forward_length");
    RequireGguf(moe.normalize_weights && moe.weights_scale == 1.0, a, "whose expert weights do not sum to one");
    RequireGguf(moe.router == RouterKind::kSoftmax && !moe.selection_bias, a, "with such a router");
    RequireGguf(moe.shared_ff == 0 && moe.leading_dense_layers == 0, a, "with shared experts or dense layers");
    LlamaFamily().ToGguf(a, metadata);
    WriteGgufExperts(a, metadata);
  }

  Json ToHf(const Architecture& a) const override {
    if (a.qkv_bias || a.attention_output_bias) {
      Fail(ErrorCode::kUnsupported, "a config.json of Mixtral has no switch for biases", a.name);
    }
    Json config = WriteHfDecoder(a, "mixtral", "MixtralForCausalLM");
    config["hidden_act"] = "silu";
    config["num_local_experts"] = a.Moe().experts;
    config["num_experts_per_tok"] = a.Moe().experts_used;
    config["sliding_window"] = a.sliding_window > 0 ? Json(a.sliding_window) : Json(nullptr);
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    constexpr HfTransform kStack = HfTransform::kStackExperts;
    return Join(DecoderNames(HfTransform::kPermuteHeads, HfTransform::kNone),
                {{"blk.#.ffn_gate_inp.weight", "model.layers.#.block_sparse_moe.gate.weight"},
                 {"blk.#.ffn_gate_exps.weight", "model.layers.#.block_sparse_moe.experts.*.w1.weight", kStack},
                 {"blk.#.ffn_down_exps.weight", "model.layers.#.block_sparse_moe.experts.*.w2.weight", kStack},
                 {"blk.#.ffn_up_exps.weight", "model.layers.#.block_sparse_moe.experts.*.w3.weight", kStack}});
  }

 private:
  static Architecture Finish(Architecture a, MoeArchitecture moe, const std::string& where) {
    moe.expert_ff = a.d_ff;
    moe.normalize_weights = true;
    a.moe = moe;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& MixtralFamily() {
  static const Mixtral family;
  return family;
}

}  // namespace bantam
