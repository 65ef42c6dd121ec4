// Reading and writing the keys that config.json files of different families share (Hugging Face transformers,
// PretrainedConfig and its subclasses), so that a family file holds only what is particular to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "model/architecture.h"

namespace bantam {

// Typed access to one config.json; every error names the file and the key.
class HfConfig {
 public:
  // kFormat unless `json` is an object.
  HfConfig(const Json& json, const std::string& where);

  bool Has(std::string_view key) const;  // present and not null
  int64_t Int(std::string_view key) const;
  int64_t Int(std::string_view key, int64_t otherwise) const;
  double Real(std::string_view key) const;  // rounded to float, as a GGUF keeps it
  double Real(std::string_view key, double otherwise) const;
  bool Bool(std::string_view key, bool otherwise) const;
  std::string String(std::string_view key, const std::string& otherwise) const;
  const Json* Object(std::string_view key) const;  // nullptr when absent or null

  // For keys of which only one value is implemented: absent and null count as that value, others are kUnsupported.
  void Only(std::string_view key, bool value) const;
  void Only(std::string_view key, int64_t value) const;
  void Only(std::string_view key, std::string_view value) const;
  void OnlyNull(std::string_view key) const;
  [[noreturn]] void Unsupported(std::string_view key, const std::string& value) const;

  const Json& json() const { return json_; }
  const std::string& where() const { return where_; }

 private:
  const Json& json_;
  const std::string& where_;
};

// The nearest float, as double: what a GGUF will hold.
inline double AsFloat(double value) { return static_cast<double>(static_cast<float>(value)); }
// The shortest decimal that rounds to the same float: 1e-06 instead of 9.999999974752427e-07 in a written config.
double Tidy(double value);
// 1 / sqrt(n) in float arithmetic, as llama.cpp computes it.
double InverseSqrt(double n);

// Refuses quantised checkpoints (GPTQ, AWQ, FP8, bitsandbytes): kUnsupported naming the method.
void RefuseQuantized(const HfConfig& config);

// hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads (heads when absent), head_dim (hidden_size /
// heads when absent), intermediate_size, vocab_size, max_position_embeddings, rms_norm_eps, tie_word_embeddings,
// RoPE (ReadHfRope), attention_scale. Not validated: the family file does that when all is set.
Architecture ReadHfDecoder(const HfConfig& config, std::string_view family, bool tied_by_default);
Json WriteHfDecoder(const Architecture& architecture, std::string_view model_type, std::string_view class_name);

// rope_theta and rope_scaling, or transformers 5's rope_parameters:
//   default  nothing
//   linear   positions divided by `factor`
//   llama3   frequencies divided per pair (Llama 3.1): by `factor` where the wavelength is above
//            original_max_position_embeddings / low_freq_factor, by 1 below original / high_freq_factor, between them
//            interpolated in original / wavelength
//   longrope only with equal lists and attention factor 1: plain divisors per pair. ToHf writes this for factors that
//            came from a GGUF, whose source parameters are gone.
// Others (yarn, dynamic, ...) are kUnsupported.
void ReadHfRope(const HfConfig& config, Architecture& architecture);

// The Qwen switches of a sliding window that public checkpoints carry but leave off; kUnsupported when one is on and
// shorter than the context.
void RefuseQwenWindow(const HfConfig& config, const Architecture& architecture, bool used_by_default);

// The experts of Qwen's configs: num_experts, num_experts_per_tok, moe_intermediate_size, norm_topk_prob; only configs
// whose every layer has experts (decoder_sparse_step 1, no mlp_only_layers).
MoeArchitecture ReadQwenExperts(const HfConfig& config);
void WriteQwenExperts(const Architecture& architecture, Json& config);

}  // namespace bantam
