// Qwen 1.5 MoE and Qwen 2 MoE: Qwen 2 with experts and a gated shared expert.
//
//   config.json                            Architecture
//   num_experts, num_experts_per_tok       moe.experts, moe.experts_used
//   moe_intermediate_size                  moe.expert_ff; expert_feed_forward_length
//   shared_expert_intermediate_size        moe.shared_ff; expert_shared_feed_forward_length
//   (always)                               moe.shared_gate
//   norm_topk_prob                         moe.normalize_weights; a GGUF can only mean false
//   decoder_sparse_step, mlp_only_layers   only 1 and empty: every layer has experts
//
// When the two widths are absent from a GGUF, llama.cpp takes feed_forward_length / expert_used_count and
// feed_forward_length.
#include "base/error.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Qwen2Moe : public Family {
 public:
  std::string_view gguf_name() const override { return "qwen2moe"; }
  std::vector<std::string_view> hf_model_types() const override { return {"qwen2_moe"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    config.Only("qkv_bias", true);
    RefuseQwenWindow(config, a, false);
    MoeArchitecture& moe = a.moe.emplace(ReadQwenExperts(config));
    moe.shared_ff = config.Int("shared_expert_intermediate_size");
    moe.shared_gate = true;
    a.qkv_bias = true;
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    const GgufKeys keys(metadata);
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    MoeArchitecture& moe = a.moe.emplace(ReadQwenExperts(keys, a.d_ff));
    moe.shared_ff = keys.Int("expert_shared_feed_forward_length", a.d_ff);
    moe.shared_gate = true;
    a.qkv_bias = tensors.Has("blk.0.attn_q.bias");
    return Finish(std::move(a), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    const MoeArchitecture& moe = a.Moe();
    RequireGguf(a.q_dim() == a.d_model, a, "whose heads together differ from its width");
    RequireGguf(!moe.normalize_weights, a, "whose expert weights are normalised");
    RequireGguf(moe.shared_ff > 0 && moe.shared_gate, a, "without a gated shared expert");
    WriteGgufDecoder(a, metadata);
    WriteGgufExperts(a, metadata);
    metadata.Set("qwen2moe.expert_feed_forward_length", GgufValue::U32(static_cast<uint32_t>(moe.expert_ff)));
    metadata.Set("qwen2moe.expert_shared_feed_forward_length", GgufValue::U32(static_cast<uint32_t>(moe.shared_ff)));
  }
  bool GgufNeedsHead() const override { return true; }

  Json ToHf(const Architecture& a) const override {
    if (!a.qkv_bias) Fail(ErrorCode::kUnsupported, "Hugging Face's Qwen2-MoE always has biases of q, k and v", a.name);
    Json config = WriteHfDecoder(a, "qwen2_moe", "Qwen2MoeForCausalLM");
    config["hidden_act"] = "silu";
    config["use_sliding_window"] = false;
    WriteQwenExperts(a, config);
    config["shared_expert_intermediate_size"] = a.Moe().shared_ff;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    return Join(Join(DecoderNames(HfTransform::kNone, HfTransform::kNone), ExpertNames()),
                {{"blk.#.ffn_gate_inp_shexp.weight", "model.layers.#.mlp.shared_expert_gate.weight"},
                 {"blk.#.ffn_gate_shexp.weight", "model.layers.#.mlp.shared_expert.gate_proj.weight"},
                 {"blk.#.ffn_up_shexp.weight", "model.layers.#.mlp.shared_expert.up_proj.weight"},
                 {"blk.#.ffn_down_shexp.weight", "model.layers.#.mlp.shared_expert.down_proj.weight"}});
  }

 private:
  static Architecture Finish(Architecture a, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& Qwen2MoeFamily() {
  static const Qwen2Moe family;
  return family;
}

}  // namespace bantam
