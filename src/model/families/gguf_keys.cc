#include "model/families/gguf_keys.h"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "base/error.h"
#include "model/families/hf_config.h"

namespace bantam {
namespace {

int64_t Narrow(uint64_t value, const std::string& key, const std::string& where) {
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    Fail(ErrorCode::kFormat, fmt::format("{} = {} is out of range", key, value), where);
  }
  return static_cast<int64_t>(value);
}

GgufValue U32(int64_t value) { return GgufValue::U32(static_cast<uint32_t>(value)); }
GgufValue F32(double value) { return GgufValue::F32(static_cast<float>(value)); }

std::string_view NormKey(NormKind norm) {
  return norm == NormKind::kRms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
}

void ReadRope(const GgufKeys& keys, const GgufMetadata& metadata, Architecture& a) {
  a.rope_dim = keys.Int("rope.dimension_count", a.head_dim);
  if (a.rope_dim != a.head_dim) {
    keys.Unsupported("rope.dimension_count", fmt::format("{} beside a head dimension of {}", a.rope_dim, a.head_dim));
  }
  a.rope_theta = keys.Real("rope.freq_base", 10000.0);
  const std::string type = metadata.GetString(keys.Key("rope.scaling.type"), "linear");
  if (type != "none" && type != "linear") keys.Unsupported("rope.scaling.type", type);
  // llama.cpp reads the older key when the newer is absent, and 0 as no scaling.
  const double factor = keys.Real("rope.scaling.factor", keys.Real("rope.scale_linear", 0.0));
  if (type == "linear" && factor != 0.0) a.rope_linear_factor = factor;
  const double attention_factor = keys.Real("rope.scaling.attn_factor", 1.0);
  if (attention_factor != 1.0) keys.Unsupported("rope.scaling.attn_factor", fmt::format("{}", attention_factor));
}

int64_t ReadVocabularySize(const GgufKeys& keys, const GgufMetadata& metadata, const GgufTensors& tensors) {
  const size_t tokens = metadata.GetStrings("tokenizer.ggml.tokens").size();
  if (tokens > 0) return static_cast<int64_t>(tokens);
  if (keys.Has("vocab_size")) return keys.Int("vocab_size");
  const auto embedding = tensors.shape("token_embd.weight");
  if (!embedding || embedding->empty()) {
    Fail(ErrorCode::kFormat,
         "the vocabulary's size is nowhere stated: no tokenizer, no vocab_size, no token_embd.weight",
         metadata.where());
  }
  return embedding->front();
}

}  // namespace

GgufKeys::GgufKeys(const GgufMetadata& metadata)
    : metadata_(metadata), prefix_(metadata.GetString("general.architecture") + ".") {}

bool GgufKeys::Has(std::string_view name) const { return metadata_.Find(Key(name)) != nullptr; }
int64_t GgufKeys::Int(std::string_view name) const { return Narrow(metadata_.GetUint(Key(name)), Key(name), where()); }
int64_t GgufKeys::Int(std::string_view name, int64_t otherwise) const {
  return Narrow(metadata_.GetUint(Key(name), static_cast<uint64_t>(otherwise)), Key(name), where());
}
double GgufKeys::Real(std::string_view name) const { return AsFloat(metadata_.GetFloat(Key(name))); }
double GgufKeys::Real(std::string_view name, double otherwise) const {
  return AsFloat(metadata_.GetFloat(Key(name), otherwise));
}
bool GgufKeys::Bool(std::string_view name, bool otherwise) const { return metadata_.GetBool(Key(name), otherwise); }
void GgufKeys::Unsupported(std::string_view name, const std::string& value) const {
  Fail(ErrorCode::kUnsupported, fmt::format("{} = {} is not implemented", Key(name), value), where());
}

Architecture ReadGgufDecoder(const GgufMetadata& metadata, const GgufTensors& tensors, NormKind norm,
                             PositionKind position) {
  const GgufKeys keys(metadata);
  Architecture a;
  a.family = metadata.GetString("general.architecture");
  a.name = metadata.GetString("general.name", "");
  a.layers = keys.Int("block_count");
  a.context_length = keys.Int("context_length");
  a.d_model = keys.Int("embedding_length");
  a.d_ff = keys.Int("feed_forward_length");
  a.heads = keys.Int("attention.head_count");
  a.kv_heads = keys.Int("attention.head_count_kv", a.heads);
  if (a.heads == 0) Fail(ErrorCode::kFormat, keys.Key("attention.head_count") + " is 0", keys.where());
  a.head_dim = keys.Int("attention.key_length", a.d_model / a.heads);
  const int64_t value_length = keys.Int("attention.value_length", a.d_model / a.heads);
  if (value_length != a.head_dim) {
    keys.Unsupported("attention.value_length", fmt::format("{} beside a key length of {}", value_length, a.head_dim));
  }
  a.vocab_size = ReadVocabularySize(keys, metadata, tensors);
  a.norm = norm;
  a.norm_eps = keys.Real(NormKey(norm));
  a.attention_scale = InverseSqrt(static_cast<double>(a.head_dim));
  a.position = position;
  if (position == PositionKind::kRope) ReadRope(keys, metadata, a);
  a.tied_embeddings = !tensors.Has("output.weight");
  if (!keys.Bool("attention.causal", true)) keys.Unsupported("attention.causal", "false");
  if (const int64_t ahead = keys.Int("nextn_predict_layers", 0); ahead != 0) {
    keys.Unsupported("nextn_predict_layers", std::to_string(ahead));
  }
  return a;
}

void RequireGguf(bool holds, const Architecture& architecture, std::string_view what) {
  if (holds) return;
  Fail(ErrorCode::kUnsupported,
       fmt::format("llama.cpp's architecture {} cannot hold a model {}", architecture.family, what), architecture.name);
}

void WriteGgufDecoder(const Architecture& a, GgufMetadata& metadata) {
  RequireGguf(a.activation != Activation::kGeluErf, a, "with the erf form of GELU");
  RequireGguf(a.rope_freq_factors.empty() || a.family == "llama", a, "with RoPE frequency factors");
  const auto set = [&](std::string_view name, GgufValue value) {
    metadata.Set(fmt::format("{}.{}", a.family, name), std::move(value));
  };
  metadata.Set("general.architecture", GgufValue::String(a.family));
  if (!a.name.empty()) metadata.Set("general.name", GgufValue::String(a.name));
  set("vocab_size", U32(a.vocab_size));
  set("block_count", U32(a.layers));
  set("context_length", U32(a.context_length));
  set("embedding_length", U32(a.d_model));
  set("feed_forward_length", U32(a.d_ff));
  set("attention.head_count", U32(a.heads));
  set("attention.head_count_kv", U32(a.kv_heads));
  set("attention.key_length", U32(a.head_dim));
  set("attention.value_length", U32(a.head_dim));
  set(NormKey(a.norm), F32(a.norm_eps));
  if (a.position != PositionKind::kRope) return;
  RequireGguf(a.rope_dim == a.head_dim, a, "that rotates a part of each head");
  set("rope.dimension_count", U32(a.rope_dim));
  set("rope.freq_base", F32(a.rope_theta));
  if (a.rope_linear_factor == 1.0) return;
  set("rope.scaling.type", GgufValue::String("linear"));
  set("rope.scaling.factor", F32(a.rope_linear_factor));
}

MoeArchitecture ReadGgufExperts(const GgufKeys& keys) {
  MoeArchitecture moe;
  moe.experts = keys.Int("expert_count");
  moe.experts_used = keys.Int("expert_used_count");
  if (const int64_t groups = keys.Int("expert_group_count", 0); groups > 1) {
    keys.Unsupported("expert_group_count", std::to_string(groups));
  }
  return moe;
}

void WriteGgufExperts(const Architecture& a, GgufMetadata& metadata) {
  metadata.Set(a.family + ".expert_count", U32(a.Moe().experts));
  metadata.Set(a.family + ".expert_used_count", U32(a.Moe().experts_used));
}

MoeArchitecture ReadQwenExperts(const GgufKeys& keys, int64_t d_ff) {
  MoeArchitecture moe = ReadGgufExperts(keys);
  const int64_t used = std::max<int64_t>(moe.experts_used, 1);  // Validate refuses 0
  moe.expert_ff = keys.Int("expert_feed_forward_length", d_ff / used);
  return moe;
}

}  // namespace bantam
