// Gemma (1).
//
//   config.json                     Architecture
//   (always, for the architecture)  embedding_scale = sqrt(d_model); norm gains stored minus one; the head tied
//   hidden_activation, hidden_act   activation: GELU in its tanh form, the only one that transformers and llama.cpp
//                                   compute; early configs say "gelu" in hidden_act and mean it
//   attention_bias                  only false
//
// RoPE rotates the halves of a head; head_dim is 256 whatever the width.
#include <cmath>

#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Gemma : public Family {
 public:
  std::string_view gguf_name() const override { return "gemma"; }
  std::vector<std::string_view> hf_model_types() const override { return {"gemma"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), true);
    CheckActivation(config);
    config.Only("attention_bias", false);
    if (!a.tied_embeddings) config.Unsupported("tie_word_embeddings", "false");
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    return Finish(ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    RequireGguf(a.tied_embeddings, a, "with a head of its own");
    WriteGgufDecoder(a, metadata);
  }

  Json ToHf(const Architecture& a) const override {
    Json config = WriteHfDecoder(a, "gemma", "GemmaForCausalLM");
    config["hidden_act"] = "gelu_pytorch_tanh";
    config["hidden_activation"] = "gelu_pytorch_tanh";
    config["attention_bias"] = false;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override { return DecoderNames(HfTransform::kNone, HfTransform::kAddOne); }

 private:
  static void CheckActivation(const HfConfig& config) {
    config.Only("hidden_activation", std::string_view("gelu_pytorch_tanh"));
    const std::string act = config.String("hidden_act", "gelu");
    if (act != "gelu" && act != "gelu_pytorch_tanh") config.Unsupported("hidden_act", act);
  }

  static Architecture Finish(Architecture a, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.activation = Activation::kGeluTanh;
    a.embedding_scale = std::sqrt(static_cast<float>(a.d_model));
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& GemmaFamily() {
  static const Gemma family;
  return family;
}

}  // namespace bantam
