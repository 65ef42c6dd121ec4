#include "model/families/hf_config.h"

#include <cmath>
#include <numbers>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace bantam {

HfConfig::HfConfig(const Json& json, const std::string& where) : json_(json), where_(where) {
  if (!json.is_object()) Fail(ErrorCode::kFormat, "not a JSON object", where);
}

bool HfConfig::Has(std::string_view key) const {
  const auto found = json_.find(key);
  return found != json_.end() && !found->is_null();
}
int64_t HfConfig::Int(std::string_view key) const { return Get<int64_t>(json_, key, where_); }
int64_t HfConfig::Int(std::string_view key, int64_t otherwise) const {
  return Get<int64_t>(json_, key, where_, otherwise);
}
double HfConfig::Real(std::string_view key) const { return AsFloat(Get<double>(json_, key, where_)); }
double HfConfig::Real(std::string_view key, double otherwise) const {
  return AsFloat(Get<double>(json_, key, where_, otherwise));
}
bool HfConfig::Bool(std::string_view key, bool otherwise) const { return Get<bool>(json_, key, where_, otherwise); }
std::string HfConfig::String(std::string_view key, const std::string& otherwise) const {
  return Get<std::string>(json_, key, where_, otherwise);
}
const Json* HfConfig::Object(std::string_view key) const {
  if (!Has(key)) return nullptr;
  const Json& value = *json_.find(key);
  if (!value.is_object()) Fail(ErrorCode::kFormat, fmt::format("{} is not an object", key), where_);
  return &value;
}

void HfConfig::Only(std::string_view key, bool value) const {
  if (Bool(key, value) != value) Unsupported(key, value ? "false" : "true");
}
void HfConfig::Only(std::string_view key, int64_t value) const {
  const int64_t found = Int(key, value);
  if (found != value) Unsupported(key, std::to_string(found));
}
void HfConfig::Only(std::string_view key, std::string_view value) const {
  const std::string found = String(key, std::string(value));
  if (found != value) Unsupported(key, found);
}
void HfConfig::OnlyNull(std::string_view key) const {
  if (Has(key)) Unsupported(key, DumpJson(*json_.find(key), -1));
}
void HfConfig::Unsupported(std::string_view key, const std::string& value) const {
  Fail(ErrorCode::kUnsupported,
       fmt::format("{} = {} is not implemented for model type {}", key, value, String("model_type", "?")), where_);
}

double Tidy(double value) { return std::stod(fmt::format("{}", static_cast<float>(value))); }
double InverseSqrt(double n) { return 1.0F / std::sqrt(static_cast<float>(n)); }

void RefuseQuantized(const HfConfig& config) {
  const Json* quantization = config.Object("quantization_config");
  if (quantization == nullptr) return;
  const auto method = Get<std::string>(*quantization, "quant_method", config.where(), "unknown");
  Fail(ErrorCode::kUnsupported, fmt::format("the checkpoint is quantised (quant_method {})", method), config.where(),
       "use the unquantised checkpoint");
}

Architecture ReadHfDecoder(const HfConfig& config, std::string_view family, bool tied_by_default) {
  RefuseQuantized(config);
  Architecture a;
  a.family = family;
  a.layers = config.Int("num_hidden_layers");
  a.d_model = config.Int("hidden_size");
  a.heads = config.Int("num_attention_heads");
  a.kv_heads = config.Int("num_key_value_heads", a.heads);
  if (config.Has("head_dim")) {
    a.head_dim = config.Int("head_dim");
  } else {
    if (a.heads <= 0 || a.d_model % a.heads != 0) {
      Fail(ErrorCode::kFormat,
           fmt::format("hidden_size {} is not a multiple of num_attention_heads {}", a.d_model, a.heads),
           config.where());
    }
    a.head_dim = a.d_model / a.heads;
  }
  a.d_ff = config.Int("intermediate_size");
  a.vocab_size = config.Int("vocab_size");
  a.context_length = config.Int("max_position_embeddings");
  a.norm_eps = config.Real("rms_norm_eps");
  a.tied_embeddings = config.Bool("tie_word_embeddings", tied_by_default);
  a.attention_scale = InverseSqrt(static_cast<double>(a.head_dim));
  a.rope_dim = a.head_dim;
  ReadHfRope(config, a);
  return a;
}

namespace {

// Divisors of Llama 3.1 (transformers, modeling_rope_utils.py, _compute_llama3_parameters).
void ReadLlama3Factors(const Json& scaling, const std::string& where, Architecture& a) {
  const auto factor = Get<double>(scaling, "factor", where);
  const auto low = Get<double>(scaling, "low_freq_factor", where);
  const auto high = Get<double>(scaling, "high_freq_factor", where);
  const auto original = static_cast<double>(Get<int64_t>(scaling, "original_max_position_embeddings", where));
  if (!(factor > 0.0 && low > 0.0 && high > low && original > 0.0)) {
    Fail(ErrorCode::kFormat,
         "the llama3 rope scaling needs factor > 0, 0 < low_freq_factor < high_freq_factor and a "
         "positive original_max_position_embeddings",
         where);
  }
  // rope_dim is not validated yet; no list longer than any head may come of it.
  if (a.rope_dim < 2 || a.rope_dim > (1 << 20)) return;
  for (int64_t i = 0; i < a.rope_dim / 2; ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(a.rope_dim);
    const double wavelength = 2.0 * std::numbers::pi * std::pow(a.rope_theta, exponent);
    const double turns = original / wavelength;  // of this pair within the original context
    double divisor = 1.0;
    if (turns < low) {
      divisor = factor;
    } else if (turns <= high) {
      const double smooth = (turns - low) / (high - low);
      divisor = 1.0 / ((1.0 - smooth) / factor + smooth);
    }
    a.rope_freq_factors.push_back(static_cast<float>(divisor));
  }
}

std::vector<float> ReadFactorList(const Json& scaling, std::string_view key, const std::string& where) {
  const auto found = scaling.find(key);
  if (found == scaling.end() || !found->is_array())
    Fail(ErrorCode::kFormat, fmt::format("{} is not a list", key), where);
  std::vector<float> factors;
  for (const Json& value : *found) {
    if (!value.is_number()) Fail(ErrorCode::kFormat, fmt::format("{} holds something that is no number", key), where);
    factors.push_back(value.get<float>());
  }
  return factors;
}

void ReadScaling(const HfConfig& config, const Json& scaling, Architecture& a) {
  const std::string& where = config.where();
  const auto legacy = Get<std::string>(scaling, "type", where, "default");
  const auto type = Get<std::string>(scaling, "rope_type", where, legacy);
  if (type == "default") return;
  if (type == "linear") {
    a.rope_linear_factor = AsFloat(Get<double>(scaling, "factor", where));
    return;
  }
  if (type == "llama3") return ReadLlama3Factors(scaling, where, a);
  if (type == "longrope" && scaling.contains("attention_factor")) {
    a.rope_freq_factors = ReadFactorList(scaling, "short_factor", where);
    const bool plain = Get<double>(scaling, "attention_factor", where) == 1.0 &&
                       ReadFactorList(scaling, "long_factor", where) == a.rope_freq_factors;
    if (plain) return;
  }
  config.Unsupported("rope scaling", type);
}

}  // namespace

void ReadHfRope(const HfConfig& config, Architecture& architecture) {
  architecture.rope_theta = config.Real("rope_theta", 10000.0);
  if (const Json* parameters = config.Object("rope_parameters")) {
    architecture.rope_theta = AsFloat(Get<double>(*parameters, "rope_theta", config.where(), architecture.rope_theta));
    ReadScaling(config, *parameters, architecture);
  } else if (const Json* scaling = config.Object("rope_scaling")) {
    ReadScaling(config, *scaling, architecture);
  }
  if (config.Real("partial_rotary_factor", 1.0) != 1.0) {
    config.Unsupported("partial_rotary_factor", DumpJson(*config.json().find("partial_rotary_factor"), -1));
  }
}

namespace {

Json WriteScaling(const Architecture& a) {
  if (!a.rope_freq_factors.empty()) {
    Json list = Json::array();
    for (const float factor : a.rope_freq_factors) list.push_back(Tidy(factor));
    return {{"rope_type", "longrope"}, {"factor", 1.0},       {"attention_factor", 1.0},
            {"short_factor", list},    {"long_factor", list}, {"original_max_position_embeddings", a.context_length}};
  }
  if (a.rope_linear_factor != 1.0) return {{"rope_type", "linear"}, {"factor", Tidy(a.rope_linear_factor)}};
  return nullptr;
}

}  // namespace

Json WriteHfDecoder(const Architecture& a, std::string_view model_type, std::string_view class_name) {
  if (!a.rope_freq_factors.empty() && a.rope_linear_factor != 1.0) {
    Fail(ErrorCode::kUnsupported, "a config.json cannot state both a linear rope scaling and frequency factors");
  }
  Json config;
  config["architectures"] = Json::array({class_name});
  config["model_type"] = model_type;
  config["hidden_size"] = a.d_model;
  config["num_hidden_layers"] = a.layers;
  config["num_attention_heads"] = a.heads;
  config["num_key_value_heads"] = a.kv_heads;
  config["head_dim"] = a.head_dim;
  config["intermediate_size"] = a.d_ff;
  config["vocab_size"] = a.vocab_size;
  config["max_position_embeddings"] = a.context_length;
  config["rms_norm_eps"] = Tidy(a.norm_eps);
  config["rope_theta"] = Tidy(a.rope_theta);
  config["rope_scaling"] = WriteScaling(a);
  config["tie_word_embeddings"] = a.tied_embeddings;
  return config;
}

void RefuseQwenWindow(const HfConfig& config, const Architecture& architecture, bool used_by_default) {
  if (!config.Bool("use_sliding_window", used_by_default)) return;
  const int64_t window = config.Int("sliding_window", architecture.context_length);
  if (window < architecture.context_length) config.Unsupported("sliding_window", std::to_string(window));
}

MoeArchitecture ReadQwenExperts(const HfConfig& config) {
  config.Only("decoder_sparse_step", int64_t{1});
  if (config.Has("mlp_only_layers")) {
    const Json& layers = *config.json().find("mlp_only_layers");
    if (!layers.is_array() || !layers.empty()) config.Unsupported("mlp_only_layers", DumpJson(layers, -1));
  }
  MoeArchitecture moe;
  moe.experts = config.Int("num_experts");
  moe.experts_used = config.Int("num_experts_per_tok");
  moe.expert_ff = config.Int("moe_intermediate_size");
  moe.normalize_weights = config.Bool("norm_topk_prob", false);
  return moe;
}

void WriteQwenExperts(const Architecture& architecture, Json& config) {
  const MoeArchitecture& moe = architecture.Moe();
  config["num_experts"] = moe.experts;
  config["num_experts_per_tok"] = moe.experts_used;
  config["moe_intermediate_size"] = moe.expert_ff;
  config["norm_topk_prob"] = moe.normalize_weights;
  config["decoder_sparse_step"] = 1;
  config["mlp_only_layers"] = Json::array();
}

}  // namespace bantam
