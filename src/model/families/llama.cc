// Llama 1 to 3.x, SmolLM, Mistral.
//
//   config.json                          Architecture
//   attention_bias                       qkv_bias and attention_output_bias
//   mlp_bias                             ffn_bias
//   rope_scaling "llama3"                rope_freq_factors; in a GGUF the tensor rope_freqs.weight
//   rope_scaling "linear"                rope_linear_factor; <arch>.rope.scaling.{type,factor}
//   sliding_window (model_type mistral)  sliding_window, every layer
//   head_dim                             head_dim, which need not be hidden_size / num_attention_heads (Mistral Nemo)
//
// A GGUF has rotated pairs side by side, a checkpoint in two halves: the rows of q and k are permuted. Which biases
// there are, only the presence of the tensors tells.
//
// Mistral's window: llama.cpp has no sliding window for "llama", and its converter drops the number. Bantam writes
// llama.attention.sliding_window, which llama.cpp does not read, and honours it when it is there. So such a file gives
// the same logits in both as long as no more than sliding_window tokens are in the context; beyond, Bantam follows the
// checkpoint and llama.cpp attends to everything. A file of llama.cpp's converter lacks the key: no window in either.
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

class Llama : public Family {
 public:
  std::string_view gguf_name() const override { return "llama"; }
  std::vector<std::string_view> hf_model_types() const override { return {"llama", "mistral"}; }
  bool Owns(const Architecture& a) const override { return a.family == gguf_name() && !a.moe; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    a.qkv_bias = a.attention_output_bias = config.Bool("attention_bias", false);
    a.ffn_bias = config.Bool("mlp_bias", false);
    if (config.String("model_type", "llama") == "mistral") a.sliding_window = config.Int("sliding_window", 0);
    a.Validate(where);
    return a;
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    const GgufKeys keys(metadata);
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    a.qkv_bias = tensors.Has("blk.0.attn_q.bias");
    a.attention_output_bias = tensors.Has("blk.0.attn_output.bias");
    a.ffn_bias = tensors.Has("blk.0.ffn_down.bias");
    a.sliding_window = keys.Int("attention.sliding_window", 0);
    if (tensors.Has("rope_freqs.weight")) a.rope_freq_factors = tensors.floats("rope_freqs.weight");
    a.Validate(keys.where());
    return a;
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    WriteGgufDecoder(a, metadata);
    if (a.sliding_window > 0) {
      metadata.Set("llama.attention.sliding_window", GgufValue::U32(static_cast<uint32_t>(a.sliding_window)));
    }
  }

  Json ToHf(const Architecture& a) const override {
    if (a.qkv_bias != a.attention_output_bias) {
      Fail(ErrorCode::kUnsupported, "a config.json of Llama has one switch for the biases of q, k, v and the output",
           a.name);
    }
    const bool mistral = a.sliding_window > 0;
    if (mistral && (a.qkv_bias || a.ffn_bias)) {
      Fail(ErrorCode::kUnsupported, "a config.json of Mistral has no switch for biases", a.name);
    }
    Json config =
        mistral ? WriteHfDecoder(a, "mistral", "MistralForCausalLM") : WriteHfDecoder(a, "llama", "LlamaForCausalLM");
    config["hidden_act"] = "silu";
    if (mistral) {
      config["sliding_window"] = a.sliding_window;
    } else {
      config["attention_bias"] = a.qkv_bias;
      config["mlp_bias"] = a.ffn_bias;
    }
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override { return DecoderNames(HfTransform::kPermuteHeads, HfTransform::kNone); }
};

}  // namespace

const Family& LlamaFamily() {
  static const Llama family;
  return family;
}

}  // namespace bantam
