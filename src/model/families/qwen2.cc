// Qwen 2 and 2.5, dense.
//
//   config.json                          Architecture
//   (always, for the architecture)       qkv_bias; a GGUF shows it by its tensors
//   use_sliding_window, sliding_window   kUnsupported when on and shorter than the context: llama.cpp has no such
//   window
//
// RoPE rotates the halves of a head. llama.cpp's tensors leave no room for a head_dim other than d_model / heads.
#include "base/error.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Qwen2 : public Family {
 public:
  std::string_view gguf_name() const override { return "qwen2"; }
  std::vector<std::string_view> hf_model_types() const override { return {"qwen2"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    RefuseQwenWindow(config, a, false);
    a.rope_style = RopeStyle::kHalf;
    a.qkv_bias = true;
    a.Validate(where);
    return a;
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    a.rope_style = RopeStyle::kHalf;
    a.qkv_bias = tensors.Has("blk.0.attn_q.bias");
    a.Validate(metadata.where());
    return a;
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    RequireGguf(a.q_dim() == a.d_model, a, "whose heads together differ from its width");
    WriteGgufDecoder(a, metadata);
  }

  Json ToHf(const Architecture& a) const override {
    if (!a.qkv_bias) Fail(ErrorCode::kUnsupported, "Hugging Face's Qwen2 always has biases of q, k and v", a.name);
    Json config = WriteHfDecoder(a, "qwen2", "Qwen2ForCausalLM");
    config["hidden_act"] = "silu";
    config["use_sliding_window"] = false;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override { return DecoderNames(HfTransform::kNone, HfTransform::kNone); }
};

}  // namespace

const Family& Qwen2Family() {
  static const Qwen2 family;
  return family;
}

}  // namespace bantam
