// Gemma 2.
//
//   config.json                     Architecture                          GGUF
//   query_pre_attn_scalar           attention_scale = 1 / sqrt of it      none; llama.cpp derives it, see below
//   attn_logit_softcapping          attention_soft_cap                    attn_logit_softcapping (50 when absent)
//   final_logit_softcapping         logit_soft_cap                        final_logit_softcapping (30 when absent)
//   sliding_window                  sliding_window                        attention.sliding_window (4096 when absent)
//   layer_types                     sliding_pattern 2: even layers slide  attention.sliding_window_pattern (2 when
//   absent) (always)                        post_norms, and all that Gemma has (gemma.cc)
//
// llama.cpp takes d_model / heads for query_pre_attn_scalar when there are 46 layers (the 27B), else head_dim. Any
// other value, and a cap that is switched off, cannot be put into a GGUF.
#include <cmath>
#include <limits>

#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

constexpr int64_t kLayersOf27B = 46;

double GgufAttentionScale(const Architecture& a) {
  return InverseSqrt(static_cast<double>(a.layers == kLayersOf27B ? a.d_model / a.heads : a.head_dim));
}

// The value whose InverseSqrt is `attention_scale`. 1 / scale^2 misses it by the roundings of two roots and a division, at
// most a few units in the last place.
double QueryPreAttnScalar(double attention_scale) {
  const auto near = static_cast<float>(1.0 / (attention_scale * attention_scale));
  if (InverseSqrt(std::round(near)) == attention_scale) return std::round(near);  // public values are whole numbers
  float candidate = near * (1.0F - 4.0F * std::numeric_limits<float>::epsilon());
  while (InverseSqrt(candidate) > attention_scale) candidate = std::nextafter(candidate, INFINITY);
  return Tidy(candidate);
}

class Gemma2 : public Family {
 public:
  std::string_view gguf_name() const override { return "gemma2"; }
  std::vector<std::string_view> hf_model_types() const override { return {"gemma2"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), true);
    config.Only("hidden_activation", std::string_view("gelu_pytorch_tanh"));
    config.Only("attention_bias", false);
    config.Only("use_bidirectional_attention", false);
    if (!a.tied_embeddings) config.Unsupported("tie_word_embeddings", "false");
    a.attention_scale = InverseSqrt(config.Real("query_pre_attn_scalar"));
    a.attention_soft_cap = config.Real("attn_logit_softcapping", 0.0);
    a.logit_soft_cap = config.Real("final_logit_softcapping", 0.0);
    a.sliding_window = config.Int("sliding_window");
    CheckLayerTypes(config);
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    const GgufKeys keys(metadata);
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    a.attention_scale = GgufAttentionScale(a);
    a.attention_soft_cap = keys.Real("attn_logit_softcapping", 50.0);
    a.logit_soft_cap = keys.Real("final_logit_softcapping", 30.0);
    a.sliding_window = keys.Int("attention.sliding_window", 4096);
    if (const int64_t pattern = keys.Int("attention.sliding_window_pattern", 2); pattern != 2) {
      keys.Unsupported("attention.sliding_window_pattern", std::to_string(pattern));
    }
    return Finish(std::move(a), metadata.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    RequireGguf(a.tied_embeddings, a, "with a head of its own");
    RequireGguf(a.attention_soft_cap > 0.0 && a.logit_soft_cap > 0.0, a, "without soft caps");
    RequireGguf(a.attention_scale == GgufAttentionScale(a), a, "with this query_pre_attn_scalar");
    RequireGguf(a.sliding_window > 0 && a.sliding_pattern == 2, a, "whose layers slide in another pattern");
    WriteGgufDecoder(a, metadata);
    metadata.Set("gemma2.attn_logit_softcapping", GgufValue::F32(static_cast<float>(a.attention_soft_cap)));
    metadata.Set("gemma2.final_logit_softcapping", GgufValue::F32(static_cast<float>(a.logit_soft_cap)));
    metadata.Set("gemma2.attention.sliding_window", GgufValue::U32(static_cast<uint32_t>(a.sliding_window)));
  }

  Json ToHf(const Architecture& a) const override {
    Json config = WriteHfDecoder(a, "gemma2", "Gemma2ForCausalLM");
    const auto cap = [](double value) { return value > 0.0 ? Json(Tidy(value)) : Json(nullptr); };
    config["hidden_activation"] = "gelu_pytorch_tanh";
    config["attention_bias"] = false;
    config["query_pre_attn_scalar"] = QueryPreAttnScalar(a.attention_scale);
    config["attn_logit_softcapping"] = cap(a.attention_soft_cap);
    config["final_logit_softcapping"] = cap(a.logit_soft_cap);
    config["sliding_window"] = a.sliding_window;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    constexpr HfTransform kPlusOne = HfTransform::kAddOne;
    return Join(DecoderNames(HfTransform::kNone, kPlusOne),
                {{"blk.#.post_attention_norm.weight", "model.layers.#.post_attention_layernorm.weight", kPlusOne},
                 {"blk.#.ffn_norm.weight", "model.layers.#.pre_feedforward_layernorm.weight", kPlusOne},
                 {"blk.#.post_ffw_norm.weight", "model.layers.#.post_feedforward_layernorm.weight", kPlusOne}});
  }

 private:
  // Newer configs list what every layer is; only the alternation that older ones imply is known.
  static void CheckLayerTypes(const HfConfig& config) {
    if (!config.Has("layer_types")) return;
    const Json& types = *config.json().find("layer_types");
    for (size_t layer = 0; types.is_array() && layer < types.size(); ++layer) {
      if (types[layer] != (layer % 2 == 0 ? "sliding_attention" : "full_attention")) {
        config.Unsupported("layer_types", DumpJson(types, -1));
      }
    }
  }

  static Architecture Finish(Architecture a, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.activation = Activation::kGeluTanh;
    a.embedding_scale = std::sqrt(static_cast<float>(a.d_model));
    a.post_norms = true;
    a.sliding_pattern = 2;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& Gemma2Family() {
  static const Gemma2 family;
  return family;
}

}  // namespace bantam
