// Qwen 3, dense.
//
//   config.json                          Architecture
//   (always, for the architecture)       qk_norm per head
//   head_dim                             head_dim (128 for all sizes, whatever the width)
//   attention_bias                       only false: llama.cpp has no bias of the output here
//   use_sliding_window, sliding_window   as for Qwen 2
//
// RoPE rotates the halves of a head, after the norm.
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Qwen3 : public Family {
 public:
  std::string_view gguf_name() const override { return "qwen3"; }
  std::vector<std::string_view> hf_model_types() const override { return {"qwen3"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    config.Only("attention_bias", false);
    RefuseQwenWindow(config, a, false);
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    return Finish(ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override { WriteGgufDecoder(a, metadata); }

  Json ToHf(const Architecture& a) const override {
    Json config = WriteHfDecoder(a, "qwen3", "Qwen3ForCausalLM");
    config["hidden_act"] = "silu";
    config["attention_bias"] = false;
    config["use_sliding_window"] = false;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override { return DecoderNames(HfTransform::kNone, HfTransform::kNone); }

 private:
  static Architecture Finish(Architecture a, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.qk_norm = QkNorm::kPerHead;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& Qwen3Family() {
  static const Qwen3 family;
  return family;
}

}  // namespace bantam
