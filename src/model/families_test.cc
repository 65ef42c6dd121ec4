#include "model/families.h"

#include <cmath>

#include "model/gguf_metadata.h"
#include "testing/public_configs.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

struct NamedConfig {
  std::string name;
  Json config;
};

std::vector<NamedConfig> AllConfigs() {
  std::vector<NamedConfig> all;
  for (const std::string& name : testing::RandomModelNames()) all.push_back({name, testing::RandomModelConfig(name)});
  for (const testing::PublicConfig& config : testing::kPublicConfigs) {
    all.push_back({std::string(config.name), Json::parse(config.json)});
  }
  return all;
}

Architecture Parse(const Json& config) { return FamilyForHf(config, "config.json").FromHf(config, "config.json"); }

// The file that a conversion of `a` would be.
GgufTensors TensorsOf(const Architecture& a) {
  GgufTensors tensors;
  tensors.shape = [specs = TensorSpecs(a)](std::string_view name) -> std::optional<Shape> {
    for (const TensorSpec& spec : specs) {
      if (spec.name == name) return spec.shape;
    }
    return std::nullopt;
  };
  tensors.floats = [factors = a.rope_freq_factors](std::string_view name) {
    EXPECT_EQ(name, "rope_freqs.weight");
    return factors;
  };
  return tensors;
}

TEST(Families, GgufMetadataGivesTheSameArchitectureBack) {
  for (const auto& [name, config] : AllConfigs()) {
    Architecture a = GgufArchitecture(Parse(config));
    a.name = name;
    GgufMetadata metadata("model.gguf");
    WriteArchitecture(a, metadata);
    EXPECT_TRUE(FamilyForGguf(metadata).FromGguf(metadata, TensorsOf(a)) == a) << name;
  }
}

TEST(Families, ConfigGivesTheSameArchitectureBack) {
  for (const auto& [name, config] : AllConfigs()) {
    const Architecture a = Parse(config);
    const Json written = FamilyFor(a).ToHf(a);
    EXPECT_TRUE(Parse(written) == a) << name << "\n" << DumpJson(written);
    // The same through text, as a file holds it.
    EXPECT_TRUE(Parse(Json::parse(DumpJson(written))) == a) << name;
  }
}

TEST(Families, EveryFamilyHasARandomModel) {
  std::vector<const Family*> seen;
  for (const std::string& name : testing::RandomModelNames()) {
    seen.push_back(&FamilyForHf(testing::RandomModelConfig(name), name));
  }
  for (const Family* family : AllFamilies()) EXPECT_THAT(seen, ::testing::Contains(family)) << family->gguf_name();
}

// Facts of the public models, written out by hand.
TEST(Families, SwitchesOfPublicModels) {
  std::map<std::string, Architecture> models;
  for (const testing::PublicConfig& config : testing::kPublicConfigs) {
    models[std::string(config.name)] = Parse(Json::parse(config.json));
  }
  const Architecture& llama = models["Llama-3.2-1B"];
  EXPECT_EQ(llama.family, "llama");
  EXPECT_EQ(llama.rope_style, RopeStyle::kInterleaved);
  EXPECT_EQ(llama.attention_scale, 0.125);
  EXPECT_TRUE(llama.tied_embeddings);
  EXPECT_FALSE(llama.qkv_bias);
  const Architecture& mistral = models["Mistral-7B-v0.1"];
  EXPECT_EQ(mistral.family, "llama");
  EXPECT_EQ(mistral.sliding_window, 4096);
  EXPECT_TRUE(mistral.LayerSlides(0) && mistral.LayerSlides(1));
  const Architecture& mixtral = models["Mixtral-8x7B-v0.1"];
  EXPECT_EQ(mixtral.family, "llama");
  EXPECT_EQ(mixtral.sliding_window, 0);
  EXPECT_TRUE(mixtral.moe->normalize_weights);
  const Architecture& qwen2 = models["Qwen2.5-0.5B"];
  EXPECT_TRUE(qwen2.qkv_bias);
  EXPECT_FALSE(qwen2.attention_output_bias);
  EXPECT_EQ(qwen2.rope_style, RopeStyle::kHalf);
  const Architecture& qwen3 = models["Qwen3-0.6B"];
  EXPECT_EQ(qwen3.qk_norm, QkNorm::kPerHead);
  EXPECT_EQ(qwen3.q_dim(), 2048);
  const Architecture& gemma = models["gemma-2b"];
  EXPECT_EQ(gemma.activation, Activation::kGeluTanh);
  EXPECT_EQ(gemma.embedding_scale, static_cast<double>(std::sqrt(2048.0F)));
  EXPECT_TRUE(gemma.tied_embeddings);
  const Architecture& gemma27b = models["gemma-2-27b"];
  EXPECT_EQ(gemma27b.attention_scale,
            static_cast<double>(1.0F / 12.0F));  // query_pre_attn_scalar 144, not head_dim 128
  EXPECT_EQ(gemma27b.attention_soft_cap, 50.0);
  EXPECT_TRUE(gemma27b.post_norms && gemma27b.LayerSlides(0) && !gemma27b.LayerSlides(1));
  const Architecture& gpt2 = models["gpt2"];
  EXPECT_EQ(gpt2.d_ff, 3072);
  EXPECT_EQ(gpt2.norm, NormKind::kLayer);
  EXPECT_TRUE(gpt2.fused_qkv && gpt2.qkv_bias && gpt2.attention_output_bias && gpt2.ffn_bias && !gpt2.gated_ffn);
  const Architecture& olmoe = models["OLMoE-1B-7B-0924"];
  EXPECT_EQ(olmoe.qk_norm, QkNorm::kFull);
  EXPECT_FALSE(olmoe.moe->normalize_weights);
  const Architecture& qwen2moe = models["Qwen1.5-MoE-A2.7B"];
  EXPECT_EQ(qwen2moe.moe->shared_ff, 5632);
  EXPECT_TRUE(qwen2moe.moe->shared_gate);
  const Architecture& dots = models["dots.llm1.inst"];
  EXPECT_EQ(dots.moe->shared_ff, 2816);
  EXPECT_EQ(dots.moe->router, RouterKind::kSigmoid);
  EXPECT_TRUE(dots.moe->selection_bias && dots.moe->normalize_weights && !dots.moe->shared_gate);
  EXPECT_EQ(dots.moe->weights_scale, 2.5);
  EXPECT_FALSE(dots.LayerIsMoe(0));
  EXPECT_TRUE(dots.LayerIsMoe(1));
}

// Values of Llama 3.2 1B's rope_freqs.weight as llama.cpp's converter computes them (conversion/llama.py): pairs whose
// wavelength is below 8192 / 4 stay, those above 8192 are divided by 32.
TEST(Families, Llama3ScalesFrequenciesPerPair) {
  const Architecture a = Parse(Json::parse(testing::kPublicConfigs[0].json));
  ASSERT_EQ(a.rope_freq_factors.size(), 32U);
  for (size_t i = 0; i < 32; ++i) {
    const double wavelength = 2.0 * 3.14159265358979 * std::pow(500000.0, static_cast<double>(i) / 32.0);
    const float factor = a.rope_freq_factors[i];
    if (wavelength < 2048.0) {
      EXPECT_EQ(factor, 1.0F) << i;
    } else if (wavelength > 8192.0) {
      EXPECT_EQ(factor, 32.0F) << i;
    } else {
      const double smooth = (8192.0 / wavelength - 1.0) / 3.0;
      EXPECT_NEAR(factor, 1.0 / ((1.0 - smooth) / 32.0 + smooth), 1e-6 * factor) << i;  // a float, and pi to 15 digits
      EXPECT_TRUE(factor > 1.0F && factor < 32.0F) << i;
    }
  }
  // Which pairs those are.
  EXPECT_EQ(a.rope_freq_factors[14], 1.0F);
  EXPECT_GT(a.rope_freq_factors[15], 1.0F);
  EXPECT_EQ(a.rope_freq_factors[18], 32.0F);
}

TEST(Families, HuggingFaceNamesOfEveryKind) {
  struct Case {
    const char* model;
    const char* gguf;
    const char* hf;  // the first of the experts'
    HfTransform transform;
  };
  // From the modeling_*.py files of transformers.
  const Case cases[] = {
      {"llama", "blk.1.attn_q.weight", "model.layers.1.self_attn.q_proj.weight", HfTransform::kPermuteHeads},
      {"llama:bias", "blk.1.attn_k.bias", "model.layers.1.self_attn.k_proj.bias", HfTransform::kPermuteHeads},
      {"llama", "blk.1.attn_v.weight", "model.layers.1.self_attn.v_proj.weight", HfTransform::kNone},
      {"llama", "blk.1.ffn_norm.weight", "model.layers.1.post_attention_layernorm.weight", HfTransform::kNone},
      {"llama", "output.weight", "lm_head.weight", HfTransform::kNone},
      {"qwen3", "blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight", HfTransform::kNone},
      {"mixtral", "blk.2.ffn_gate_exps.weight", "model.layers.2.block_sparse_moe.experts.0.w1.weight",
       HfTransform::kStackExperts},
      {"mixtral", "blk.2.ffn_down_exps.weight", "model.layers.2.block_sparse_moe.experts.0.w2.weight",
       HfTransform::kStackExperts},
      {"mixtral", "blk.2.ffn_up_exps.weight", "model.layers.2.block_sparse_moe.experts.0.w3.weight",
       HfTransform::kStackExperts},
      {"gemma2", "blk.0.post_attention_norm.weight", "model.layers.0.post_attention_layernorm.weight",
       HfTransform::kAddOne},
      {"gemma2", "blk.0.ffn_norm.weight", "model.layers.0.pre_feedforward_layernorm.weight", HfTransform::kAddOne},
      {"gemma2", "blk.0.post_ffw_norm.weight", "model.layers.0.post_feedforward_layernorm.weight",
       HfTransform::kAddOne},
      {"gemma", "output_norm.weight", "model.norm.weight", HfTransform::kAddOne},
      {"gpt2", "blk.0.ffn_up.weight", "transformer.h.0.mlp.c_fc.weight", HfTransform::kTranspose},
      {"gpt2", "blk.0.attn_qkv.bias", "transformer.h.0.attn.c_attn.bias", HfTransform::kNone},
      {"gpt2", "position_embd.weight", "transformer.wpe.weight", HfTransform::kNone},
      {"olmoe", "blk.0.attn_k_norm.weight", "model.layers.0.self_attn.k_norm.weight", HfTransform::kNone},
      {"qwen2moe", "blk.0.ffn_gate_inp_shexp.weight", "model.layers.0.mlp.shared_expert_gate.weight",
       HfTransform::kNone},
      {"dots1", "blk.1.exp_probs_b.bias", "model.layers.1.mlp.gate.e_score_correction_bias", HfTransform::kNone},
      {"dots1", "blk.1.ffn_up_shexp.weight", "model.layers.1.mlp.shared_experts.up_proj.weight", HfTransform::kNone},
  };
  for (const Case& c : cases) {
    const Architecture a = Parse(testing::RandomModelConfig(c.model));
    bool found = false;
    for (const HfTensorMap& map : FamilyFor(a).HfTensors(a)) {
      if (map.gguf_name != c.gguf) continue;
      found = true;
      EXPECT_EQ(map.hf_names.front(), c.hf);
      EXPECT_EQ(map.transform, c.transform) << c.gguf;
    }
    EXPECT_TRUE(found) << c.model << " " << c.gguf;
  }
}

struct BadConfig {
  const char* model;
  const char* change;  // merged into the model's config
  ErrorCode code;
  const char* message;
};

TEST(Families, BadConfigsAreNamed) {
  constexpr ErrorCode kFormat = ErrorCode::kFormat, kUnsupported = ErrorCode::kUnsupported;
  const BadConfig cases[] = {
      {"llama", R"({"hidden_size": null})", kFormat, "hidden_size"},
      {"llama", R"({"hidden_size": "96"})", kFormat, "hidden_size"},
      {"llama", R"({"hidden_size": 96.5})", kFormat, "hidden_size"},
      {"llama", R"({"hidden_size": 1e300})", kFormat, "hidden_size"},
      {"llama", R"({"hidden_size": -96})", kFormat, "model width: -96"},
      {"llama", R"({"num_hidden_layers": 0})", kFormat, "layers: 0"},
      {"llama", R"({"num_hidden_layers": 1000000000})", kFormat, "layers: 1000000000"},
      {"llama", R"({"num_attention_heads": 0})", kFormat, "num_attention_heads 0"},
      {"llama", R"({"num_attention_heads": 7})", kFormat, "num_attention_heads 7"},
      {"llama", R"({"num_key_value_heads": 4})", kFormat, "not a multiple of key/value heads"},
      {"llama", R"({"num_key_value_heads": 0})", kFormat, "key/value heads: 0"},
      {"llama", R"({"head_dim": 15})", kFormat, "not a multiple of pair"},
      {"llama", R"({"vocab_size": 1099511627776})", kFormat, "vocabulary size"},
      {"llama", R"({"max_position_embeddings": 0})", kFormat, "context length: 0"},
      {"llama", R"({"rms_norm_eps": 0})", kFormat, "norm epsilon"},
      {"llama", R"({"rms_norm_eps": "small"})", kFormat, "rms_norm_eps"},
      {"llama", R"({"rope_theta": 0})", kFormat, "rope theta"},
      {"llama", R"({"tie_word_embeddings": "yes"})", kFormat, "tie_word_embeddings"},
      {"llama", R"({"hidden_act": "gelu"})", kUnsupported, "hidden_act = gelu"},
      {"llama", R"({"rope_scaling": 5})", kFormat, "rope_scaling is not an object"},
      {"llama", R"({"rope_scaling": {"type": "yarn", "factor": 4}})", kUnsupported, "rope scaling = yarn"},
      {"llama", R"({"rope_scaling": {"type": "dynamic", "factor": 4}})", kUnsupported, "rope scaling = dynamic"},
      {"llama", R"({"rope_scaling": {"rope_type": "longrope", "short_factor": [1]}})", kUnsupported, "longrope"},
      {"llama", R"({"rope_scaling": {"rope_type": "longrope", "attention_factor": 1.0, "short_factor": [1, 1],
        "long_factor": [1, 2]}})",
       kUnsupported, "longrope"},
      {"llama", R"({"rope_scaling": {"rope_type": "longrope", "attention_factor": 1.0, "short_factor": [1, "a"],
        "long_factor": [1, 2]}})",
       kFormat, "short_factor"},
      {"llama", R"({"rope_scaling": {"rope_type": "linear"}})", kFormat, "factor"},
      {"llama", R"({"rope_scaling": {"rope_type": "linear", "factor": -2}})", kFormat, "rope scaling factor: -2"},
      {"llama", R"({"rope_scaling": {"rope_type": "llama3", "factor": 8}})", kFormat, "low_freq_factor"},
      {"llama", R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1,
        "original_max_position_embeddings": 8192}})",
       kFormat, "low_freq_factor < high_freq_factor"},
      {"llama", R"({"partial_rotary_factor": 0.5})", kUnsupported, "partial_rotary_factor = 0.5"},
      {"llama", R"({"quantization_config": {"quant_method": "gptq", "bits": 4}})", kUnsupported, "quant_method gptq"},
      {"mistral", R"({"sliding_window": -1})", kFormat, "sliding window: -1"},
      {"mixtral", R"({"num_experts_per_tok": 9})", kFormat, "experts used: 9"},
      {"mixtral", R"({"num_local_experts": 0})", kFormat, "experts: 0"},
      {"mixtral", R"({"num_local_experts": 100000})", kFormat, "experts: 100000"},
      {"qwen2", R"({"use_sliding_window": true})", kUnsupported, "sliding_window = 32"},
      {"qwen3", R"({"attention_bias": true})", kUnsupported, "attention_bias = true"},
      {"gemma", R"({"tie_word_embeddings": false})", kUnsupported, "tie_word_embeddings"},
      {"gemma", R"({"hidden_activation": "relu"})", kUnsupported, "hidden_activation = relu"},
      {"gemma2", R"({"query_pre_attn_scalar": null})", kFormat, "query_pre_attn_scalar"},
      {"gemma2", R"({"query_pre_attn_scalar": 0})", kFormat, "attention scale"},
      {"gemma2", R"({"attn_logit_softcapping": -5})", kFormat, "attention soft cap"},
      {"gemma2", R"({"layer_types": ["full_attention", "sliding_attention"]})", kUnsupported, "layer_types"},
      {"gpt2", R"({"activation_function": "relu"})", kUnsupported, "activation_function = relu"},
      {"gpt2", R"({"n_head": 7})", kFormat, "n_head 7"},
      {"gpt2", R"({"n_embd": 9223372036854775807})", kFormat, "n_embd"},
      {"gpt2", R"({"scale_attn_by_inverse_layer_idx": true})", kUnsupported, "scale_attn_by_inverse_layer_idx"},
      {"olmoe", R"({"clip_qkv": 8.0})", kUnsupported, "clip_qkv = 8.0"},
      {"qwen2moe", R"({"mlp_only_layers": [1]})", kUnsupported, "mlp_only_layers = [1]"},
      {"qwen2moe", R"({"decoder_sparse_step": 2})", kUnsupported, "decoder_sparse_step = 2"},
      {"qwen2moe", R"({"shared_expert_intermediate_size": 0})", kFormat, "a gate is there"},
      {"dots1", R"({"n_group": 4})", kUnsupported, "n_group = 4"},
      {"dots1", R"({"scoring_func": "softmax"})", kUnsupported, "scoring_func = softmax"},
      {"dots1", R"({"first_k_dense_replace": 3})", kFormat, "leading dense layers: 3"},
      {"dots1", R"({"n_shared_experts": 9000000000000000000})", kFormat, "9000000000000000000 shared experts"},
      {"llama", R"({"model_type": "smollm3"})", kUnsupported, "unknown model_type \"smollm3\""},
      {"llama", R"({"model_type": null})", kFormat, "model_type"},
  };
  for (const BadConfig& c : cases) {
    Json config = testing::RandomModelConfig(c.model);
    config.update(Json::parse(c.change));
    SCOPED_TRACE(c.change);
    EXPECT_BANTAM_ERROR(Parse(config), c.code, AllOf(HasSubstr(c.message), HasSubstr("config.json")));
  }
  EXPECT_BANTAM_ERROR(Parse(Json::array()), kFormat, HasSubstr("not a JSON object"));
}

// Models that Bantam runs from a config.json but llama.cpp has no words for.
TEST(Families, WhatLlamaCppCannotHoldIsRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"olmoe", R"({"norm_topk_prob": true})"},
      {"olmoe", R"({"tie_word_embeddings": true})"},
      {"olmoe", R"({"num_key_value_heads": 2})"},
      {"qwen2", R"({"head_dim": 32})"},
      {"qwen2", R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
        "original_max_position_embeddings": 64}})"},
      {"qwen2moe", R"({"norm_topk_prob": true})"},
      {"qwen2moe", R"({"tie_word_embeddings": true})"},
      {"qwen3moe", R"({"norm_topk_prob": false})"},
      {"gemma2", R"({"query_pre_attn_scalar": 64})"},
      {"gemma2", R"({"attn_logit_softcapping": null})"},
      {"gpt2", R"({"activation_function": "gelu"})"},
      {"dots1", R"({"num_key_value_heads": 2})"},
      {"dots1", R"({"n_shared_experts": 0})"},
      {"dots1", R"({"tie_word_embeddings": true})"},
  };
  for (const auto& [model, change] : cases) {
    Json config = testing::RandomModelConfig(model);
    config.update(Json::parse(change));
    const Architecture a = Parse(config);
    GgufMetadata metadata;
    EXPECT_BANTAM_ERROR(WriteArchitecture(a, metadata), ErrorCode::kUnsupported,
                        HasSubstr("llama.cpp's architecture " + a.family + " cannot hold"));
  }
}

// Tied families of which llama.cpp has no tied form, and the same of one that it has.
TEST(Families, GgufArchitectureUntiesWhereLlamaCppWantsAHead) {
  const std::pair<const char*, bool> cases[] = {
      {"dots1", false}, {"olmoe", false}, {"qwen2moe", false}, {"qwen3moe", true}, {"llama", true}};
  for (const auto& [model, stays_tied] : cases) {
    SCOPED_TRACE(model);
    Json config = testing::RandomModelConfig(model);
    config["tie_word_embeddings"] = true;
    Architecture expected = Parse(config);
    ASSERT_TRUE(expected.tied_embeddings);
    const Architecture gguf = GgufArchitecture(expected);
    expected.tied_embeddings = stays_tied;
    EXPECT_EQ(gguf, expected);
    GgufMetadata metadata;
    EXPECT_NO_THROW(WriteArchitecture(gguf, metadata));
  }
}

// Models that Bantam runs from a GGUF but a config.json has no switch for.
TEST(Families, WhatAConfigCannotHoldIsRefused) {
  const std::pair<const char*, void (*)(Architecture&)> cases[] = {
      {"gpt2", [](Architecture& a) { a.kv_heads = 2; }},
      {"gpt2", [](Architecture& a) { a.head_dim = 8; }},
      {"qwen2", [](Architecture& a) { a.qkv_bias = false; }},
      {"mistral", [](Architecture& a) { a.qkv_bias = true; }},
      {"mixtral", [](Architecture& a) { a.qkv_bias = true; }},
      {"dots1", [](Architecture& a) { a.moe->selection_bias = false; }},
  };
  for (const auto& [model, change] : cases) {
    Architecture a = Parse(testing::RandomModelConfig(model));
    change(a);
    SCOPED_TRACE(model);
    EXPECT_BANTAM_ERROR(FamilyFor(a).ToHf(a), ErrorCode::kUnsupported,
                        AnyOf(HasSubstr("config.json"), HasSubstr("Hugging Face")));
  }
}

// The keys that llama.cpp's converter leaves out (conversion/*.py) have the defaults of its loader.
TEST(Families, OptionalGgufKeys) {
  const auto without = [](const std::string& model, std::initializer_list<const char*> keys) {
    const Architecture a = Parse(testing::RandomModelConfig(model));
    GgufMetadata metadata("model.gguf");
    WriteArchitecture(a, metadata);
    for (const char* key : keys) metadata.Erase(a.family + "." + key);
    Architecture read = FamilyForGguf(metadata).FromGguf(metadata, TensorsOf(a));
    EXPECT_TRUE(read == a) << model;
  };
  without("llama",
          {"attention.key_length", "attention.value_length", "rope.dimension_count", "rope.freq_base", "vocab_size"});
  without("gpt2", {"attention.key_length", "attention.value_length", "attention.head_count_kv", "vocab_size"});
  without("gemma", {"rope.dimension_count", "rope.freq_base", "vocab_size"});
  without("olmoe", {"attention.key_length", "attention.value_length", "rope.dimension_count"});

  Architecture gemma2 = Parse(testing::RandomModelConfig("gemma2"));
  GgufMetadata metadata("model.gguf");
  WriteArchitecture(gemma2, metadata);
  metadata.Erase("gemma2.attention.sliding_window");
  metadata.Erase("gemma2.attn_logit_softcapping");
  metadata.Erase("gemma2.final_logit_softcapping");
  gemma2.sliding_window = 4096;
  gemma2.attention_soft_cap = 50.0;
  gemma2.logit_soft_cap = 30.0;
  EXPECT_TRUE(FamilyForGguf(metadata).FromGguf(metadata, TensorsOf(gemma2)) == gemma2);

  // The tokenizer, where there is one, says how many tokens there are.
  metadata.Set("tokenizer.ggml.tokens", GgufValue::Strings({"a", "b", "c"}));
  EXPECT_EQ(FamilyForGguf(metadata).FromGguf(metadata, TensorsOf(gemma2)).vocab_size, 3);
}

TEST(Families, BadGgufMetadataIsNamed) {
  struct Case {
    const char* model;
    const char* key;  // set to the value; erased when the value is none
    std::optional<GgufValue> value;
    ErrorCode code;
    const char* message;
  };
  constexpr ErrorCode kFormat = ErrorCode::kFormat, kUnsupported = ErrorCode::kUnsupported;
  const Case cases[] = {
      {"llama", "llama.block_count", {}, kFormat, "llama.block_count"},
      {"llama", "llama.block_count", GgufValue::String("3"), kFormat, "llama.block_count"},
      {"llama", "llama.block_count", GgufValue::U32(4000000000U), kFormat, "layers: 4000000000"},
      {"llama", "llama.attention.head_count", GgufValue::U32(0), kFormat, "head_count is 0"},
      {"llama", "llama.attention.layer_norm_rms_epsilon", {}, kFormat, "layer_norm_rms_epsilon"},
      {"llama", "llama.attention.value_length", GgufValue::U32(8), kUnsupported, "value_length"},
      {"llama", "llama.rope.dimension_count", GgufValue::U32(8), kUnsupported, "rope.dimension_count"},
      {"llama", "llama.attention.causal", GgufValue::Bool(false), kUnsupported, "causal"},
      {"llama", "llama.rope.scaling.type", GgufValue::String("yarn"), kUnsupported, "yarn"},
      {"llama", "llama.rope.scaling.attn_factor", GgufValue::F32(1.5F), kUnsupported, "attn_factor"},
      {"mixtral", "llama.expert_used_count", {}, kFormat, "expert_used_count"},
      {"mixtral", "llama.expert_group_count", GgufValue::U32(2), kUnsupported, "expert_group_count"},
      {"gemma2", "gemma2.attention.sliding_window_pattern", GgufValue::U32(3), kUnsupported, "sliding_window_pattern"},
      {"dots1", "dots1.expert_gating_func", {}, kFormat, "expert_gating_func"},
      {"dots1", "dots1.expert_gating_func", GgufValue::U32(3), kUnsupported, "expert_gating_func"},
      {"dots1", "dots1.expert_shared_count", GgufValue::U32(4000000000U), kFormat, "shared experts"},
      {"llama", "general.architecture", GgufValue::String("mamba"), kUnsupported,
       "unknown general.architecture \"mamba\""},
      {"llama", "general.architecture", {}, kFormat, "general.architecture"},
  };
  for (const Case& c : cases) {
    const Architecture a = Parse(testing::RandomModelConfig(c.model));
    GgufMetadata metadata("model.gguf");
    WriteArchitecture(a, metadata);
    if (c.value) {
      metadata.Set(c.key, *c.value);
    } else {
      metadata.Erase(c.key);
    }
    EXPECT_BANTAM_ERROR(FamilyForGguf(metadata).FromGguf(metadata, TensorsOf(a)), c.code,
                        AllOf(HasSubstr(c.message), HasSubstr("model.gguf")));
  }
}

}  // namespace
}  // namespace bantam
