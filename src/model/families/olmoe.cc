// OLMoE.
//
//   config.json                          Architecture
//   num_experts, num_experts_per_tok     moe.experts, moe.experts_used
//   intermediate_size                    d_ff and moe.expert_ff
//   norm_topk_prob                       moe.normalize_weights; a GGUF can only mean false
//   clip_qkv                             only null
//   attention_bias                       only false
//   (always, for the architecture)       qk_norm over the whole row of all heads
//
// RoPE rotates the halves of a head. llama.cpp wants output.weight, and its tensors leave no room for fewer key/value
// heads than heads.
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Olmoe : public Family {
 public:
  std::string_view gguf_name() const override { return "olmoe"; }
  std::vector<std::string_view> hf_model_types() const override { return {"olmoe"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    config.Only("attention_bias", false);
    config.OnlyNull("clip_qkv");
    MoeArchitecture moe;
    moe.experts = config.Int("num_experts");
    moe.experts_used = config.Int("num_experts_per_tok");
    moe.normalize_weights = config.Bool("norm_topk_prob", false);
    return Finish(std::move(a), moe, where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    return Finish(std::move(a), ReadGgufExperts(GgufKeys(metadata)), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    RequireGguf(a.kv_heads == a.heads && a.q_dim() == a.d_model, a, "with fewer key/value heads or another head size");
    RequireGguf(!a.Moe().normalize_weights, a, "whose expert weights are normalised");
    RequireGguf(a.Moe().expert_ff == a.d_ff, a, "whose experts differ from feed_forward_length");
    WriteGgufDecoder(a, metadata);
    WriteGgufExperts(a, metadata);
  }
  bool GgufNeedsHead() const override { return true; }

  Json ToHf(const Architecture& a) const override {
    Json config = WriteHfDecoder(a, "olmoe", "OlmoeForCausalLM");
    config["hidden_act"] = "silu";
    config["attention_bias"] = false;
    config["num_experts"] = a.Moe().experts;
    config["num_experts_per_tok"] = a.Moe().experts_used;
    config["norm_topk_prob"] = a.Moe().normalize_weights;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    return Join(DecoderNames(HfTransform::kNone, HfTransform::kNone), ExpertNames());
  }

 private:
  static Architecture Finish(Architecture a, MoeArchitecture moe, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.qk_norm = QkNorm::kFull;
    moe.expert_ff = a.d_ff;
    a.moe = moe;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& OlmoeFamily() {
  static const Olmoe family;
  return family;
}

}  // namespace bantam
