// Qwen 3 MoE: Qwen 3 with experts, no shared one. Keys as for Qwen 2 MoE (qwen2moe.cc), except
//
//   norm_topk_prob   moe.normalize_weights; a GGUF can only mean true
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Qwen3Moe : public Family {
 public:
  std::string_view gguf_name() const override { return "qwen3moe"; }
  std::vector<std::string_view> hf_model_types() const override { return {"qwen3_moe"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    config.Only("attention_bias", false);
    RefuseQwenWindow(config, a, false);
    a.moe = ReadQwenExperts(config);
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    a.moe.emplace(ReadQwenExperts(GgufKeys(metadata), a.d_ff)).normalize_weights = true;
    return Finish(std::move(a), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    RequireGguf(a.Moe().normalize_weights, a, "whose expert weights are not normalised");
    WriteGgufDecoder(a, metadata);
    WriteGgufExperts(a, metadata);
    metadata.Set("qwen3moe.expert_feed_forward_length", GgufValue::U32(static_cast<uint32_t>(a.Moe().expert_ff)));
  }

  Json ToHf(const Architecture& a) const override {
    Json config = WriteHfDecoder(a, "qwen3_moe", "Qwen3MoeForCausalLM");
    config["hidden_act"] = "silu";
    config["attention_bias"] = false;
    config["use_sliding_window"] = false;
    WriteQwenExperts(a, config);
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    return Join(DecoderNames(HfTransform::kNone, HfTransform::kNone), ExpertNames());
  }

 private:
  static Architecture Finish(Architecture a, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.qk_norm = QkNorm::kPerHead;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& Qwen3MoeFamily() {
  static const Qwen3Moe family;
  return family;
}

}  // namespace bantam
