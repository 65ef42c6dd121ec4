#include <array>
#include <span>
#include <string_view>

#include "base/error.h"
#include "testing/random_model.h"

namespace bantam::testing {
namespace {

// A variant is its family's config with some keys changed. What each line is there for stands beside it.
struct Variant {
  std::string_view name;
  std::string_view json;
};

constexpr std::string_view kShared = R"({
  "vocab_size": 512, "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": null,
  "bos_token_id": 508, "eos_token_id": 509, "initializer_range": 0.02, "use_cache": true, "attention_dropout": 0.0
})";

constexpr auto kVariants = std::to_array<Variant>({
    // Grouped queries, three query heads per key/value head; a head of its own.
    {"llama", R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
      "hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2,
      "intermediate_size": 160, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false})"},
    // SmolLM and Llama 3.2 tie; another theta; transformers 5 writes rope_parameters.
    {"llama:tied", R"({"tie_word_embeddings": true, "rope_theta": null,
      "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0}})"},
    // Llama 3.1's scaling; the original context of 64 puts pairs of a 32-wide head into all three of its ranges.
    {"llama:llama3", R"({"hidden_size": 128, "num_attention_heads": 4, "rope_theta": 500000.0, "rope_scaling":
      {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
       "original_max_position_embeddings": 64}})"},
    {"llama:linear", R"({"rope_scaling": {"type": "linear", "factor": 2.5}})"},
    {"llama:bias", R"({"attention_bias": true, "mlp_bias": true})"},
    // Mistral Nemo: heads together wider than the model.
    {"llama:wide", R"({"hidden_size": 64, "num_attention_heads": 4, "head_dim": 32})"},
    // A window much shorter than the context.
    {"mistral", R"({"architectures": ["MistralForCausalLM"], "model_type": "mistral", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
      "intermediate_size": 128, "tie_word_embeddings": false, "sliding_window": 24})"},
    {"mixtral", R"({"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
      "intermediate_size": 96, "tie_word_embeddings": false, "sliding_window": null, "num_local_experts": 8,
      "num_experts_per_tok": 2})"},
    {"qwen2", R"({"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_act": "silu",
      "hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2, "rope_theta": 1000000.0,
      "intermediate_size": 160, "rms_norm_eps": 1e-6, "tie_word_embeddings": false, "use_sliding_window": false,
      "sliding_window": 32, "max_window_layers": 3})"},
    {"qwen2:tied", R"({"tie_word_embeddings": true})"},
    {"qwen3", R"({"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
      "rope_theta": 1000000.0, "intermediate_size": 160, "rms_norm_eps": 1e-6, "tie_word_embeddings": false,
      "attention_bias": false, "use_sliding_window": false, "sliding_window": null, "max_window_layers": 3})"},
    {"qwen3:tied", R"({"tie_word_embeddings": true})"},
    // One key/value head for all, as in the 2B.
    {"gemma", R"({"architectures": ["GemmaForCausalLM"], "model_type": "gemma", "hidden_act": "gelu_pytorch_tanh",
      "hidden_activation": null, "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
      "num_key_value_heads": 1, "head_dim": 32, "intermediate_size": 160, "rms_norm_eps": 1e-6, "attention_bias": false})"},
    // Four layers alternate twice; window and caps small enough to matter.
    {"gemma2", R"({"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_act": "gelu_pytorch_tanh",
      "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
      "num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 160, "rms_norm_eps": 1e-6, "attention_bias": false,
      "query_pre_attn_scalar": 32, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 5.0, "sliding_window": 12})"},
    {"gpt2", R"({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
      "n_embd": 96, "n_layer": 3, "n_head": 6, "n_inner": null, "n_positions": 256, "n_ctx": 256,
      "layer_norm_epsilon": 1e-5})"},
    {"gpt2:untied", R"({"tie_word_embeddings": false, "n_inner": 160})"},
    {"olmoe", R"({"architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 4,
      "intermediate_size": 64, "tie_word_embeddings": false, "attention_bias": false, "clip_qkv": null, "num_experts": 8,
      "num_experts_per_tok": 3, "norm_topk_prob": false})"},
    {"qwen2moe", R"({"architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
      "intermediate_size": 160, "rms_norm_eps": 1e-6, "tie_word_embeddings": false, "use_sliding_window": false,
      "num_experts": 8, "num_experts_per_tok": 3, "moe_intermediate_size": 64, "shared_expert_intermediate_size": 96,
      "norm_topk_prob": false, "decoder_sparse_step": 1, "mlp_only_layers": []})"},
    {"qwen3moe", R"({"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
      "intermediate_size": 160, "rms_norm_eps": 1e-6, "tie_word_embeddings": false, "attention_bias": false,
      "use_sliding_window": false, "num_experts": 8, "num_experts_per_tok": 3, "moe_intermediate_size": 64,
      "norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": []})"},
    {"qwen3moe:tied", R"({"tie_word_embeddings": true})"},
    // One dense layer before two with experts, two shared experts, weights normalised and scaled.
    {"dots1", R"({"architectures": ["Dots1ForCausalLM"], "model_type": "dots1", "hidden_act": "silu",
      "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 32,
      "intermediate_size": 160, "tie_word_embeddings": false, "attention_bias": false, "sliding_window": null,
      "n_routed_experts": 8, "num_experts_per_tok": 3, "moe_intermediate_size": 64, "n_shared_experts": 2,
      "first_k_dense_replace": 1, "norm_topk_prob": true, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid",
      "n_group": 1, "topk_group": 1})"},
    // Experts in every layer. llama.cpp has no tied form: a GGUF of it gets a head.
    {"dots1:tied", R"({"tie_word_embeddings": true, "first_k_dense_replace": 0})"},
});

// Public models' shapes, for measuring speed.
constexpr auto kShapes = std::to_array<Variant>({
    {"llama:smollm2-135m", R"({"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9,
      "num_key_value_heads": 3, "intermediate_size": 1536, "vocab_size": 49152, "max_position_embeddings": 8192,
      "tie_word_embeddings": true, "bos_token_id": 932, "eos_token_id": 933})"},
    {"olmoe:32x512", R"({"hidden_size": 1024, "num_hidden_layers": 16, "num_attention_heads": 16,
      "num_key_value_heads": 16, "intermediate_size": 512, "num_experts": 32, "num_experts_per_tok": 4,
      "vocab_size": 50304, "max_position_embeddings": 4096, "bos_token_id": 932, "eos_token_id": 933})"},
});

const Variant* Find(std::string_view name) {
  for (const std::span<const Variant> list : {std::span<const Variant>(kVariants), std::span<const Variant>(kShapes)}) {
    for (const Variant& variant : list) {
      if (variant.name == name) return &variant;
    }
  }
  return nullptr;
}

std::vector<std::string> Names(std::span<const Variant> variants) {
  std::vector<std::string> names;
  for (const Variant& variant : variants) names.emplace_back(variant.name);
  return names;
}

}  // namespace

std::vector<std::string> RandomModelNames() { return Names(kVariants); }
std::vector<std::string> BenchModelNames() { return Names(kShapes); }

Json RandomModelConfig(const std::string& name) {
  const Variant* variant = Find(name);
  if (variant == nullptr) {
    std::string known;
    for (const std::string& each : RandomModelNames()) known += (known.empty() ? "" : ", ") + each;
    Fail(ErrorCode::kUsage, "no random model \"" + name + "\"", "", "known: " + known);
  }
  const std::string family = name.substr(0, name.find(':'));
  Json config = Json::parse(kShared);
  config.update(Json::parse(Find(family)->json));
  config.update(Json::parse(variant->json));
  return config;
}

}  // namespace bantam::testing
