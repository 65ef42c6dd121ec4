#include "testing/random_model.h"

#include <cmath>
#include <cstring>

#include <fmt/core.h>

#include "base/error.h"
#include "base/file.h"
#include "base/rng.h"
#include "formats/safetensors.h"
#include "model/families.h"
#include "tensor/codec.h"
#include "testing/random_tokenizer.h"

namespace bantam::testing {
namespace {

struct Distribution {
  double mean = 0.0, deviation = 1.0;
};

// How much of a block's output may come from GELU. ggml takes GELU from a table in half precision, wrong by up to 2^-11 of
// its value; at 1 that alone moves logits by 1.4e-3 of their deviation, more than the comparison with llama.cpp allows.
constexpr double kGeluShare = 0.35;

// h below is a normalised row: its entries have a root mean square near 1.
Distribution DistributionOf(const TensorSpec& spec, const HfTensorMap& map, const Architecture& a) {
  const auto fan_in = [](int64_t width) { return 1.0 / std::sqrt(static_cast<double>(width)); };
  const auto is = [&](std::string_view suffix) { return spec.name.ends_with(suffix); };
  const int64_t in = spec.shape.back();
  switch (spec.role) {
    case TensorRole::kEmbedding:
      // Tied: logits h E^T get a deviation of 2. Else entries near 1, next to which the blocks' outputs count.
      return {0.0, a.tied_embeddings ? 2.0 * fan_in(a.d_model) : 1.0};
    case TensorRole::kOutput:
    case TensorRole::kPosition:
      return {0.0, 2.0 * fan_in(a.d_model)};
    case TensorRole::kNorm: {
      const Distribution gain = is("post_ffw_norm.weight") ? Distribution{kGeluShare, 0.1} : Distribution{1.0, 0.2};
      return {map.transform == HfTransform::kAddOne ? gain.mean - 1.0 : gain.mean, gain.deviation};
    }
    case TensorRole::kBias:
      return {0.0, 0.2};
    case TensorRole::kRouter:
      if (is("exp_probs_b.bias")) return {0.0, 0.1};  // beside scores between 0 and 1
      return {0.0, 2.0 * fan_in(in)};                 // router logits of deviation 2
    case TensorRole::kAttention:
      // q and k entries of deviation 1.2 give scores q k^T / sqrt(head_dim) one of 1.2^2, near 1.5.
      if (is("attn_q.weight") || is("attn_k.weight") || is("attn_qkv.weight")) return {0.0, 1.2 * fan_in(in)};
      return {0.0, fan_in(in)};
    case TensorRole::kFfn:
      if (a.activation != Activation::kSilu && is("ffn_down.weight")) return {0.0, kGeluShare * fan_in(in)};
      return {0.0, fan_in(in)};
    case TensorRole::kExpert:
      return {0.0, fan_in(in)};
    case TensorRole::kRopeFactors:
      break;
  }
  Fail(ErrorCode::kInternal, "no distribution for " + spec.name);
}

Shape StoredShape(const TensorSpec& spec, HfTransform transform) {
  if (transform == HfTransform::kStackExperts) return Shape(spec.shape.begin() + 1, spec.shape.end());
  if (transform == HfTransform::kTranspose) return Shape(spec.shape.rbegin(), spec.shape.rend());
  return spec.shape;
}

Tensor RandomTensor(const Shape& shape, const Distribution& distribution, DType dtype, Rng rng) {
  std::vector<float> values(ElementCount(shape));
  for (float& value : values) {
    value = static_cast<float>(distribution.mean + distribution.deviation * rng.NextGaussian());
  }
  std::byte* data = nullptr;
  Tensor tensor = Tensor::Allocate(dtype, shape, &data);
  EncodeRow(dtype, values.data(), data, static_cast<int64_t>(values.size()));
  return tensor;
}

std::vector<SafetensorsEntry> RandomWeights(const Family& family, const Architecture& a,
                                            const RandomModelOptions& options) {
  std::vector<SafetensorsEntry> entries;
  const std::vector<HfTensorMap> maps = family.HfTensors(a);
  size_t next = 0;
  for (const TensorSpec& spec : TensorSpecs(a)) {
    if (next == maps.size() || maps[next].gguf_name != spec.name) continue;  // rope_freqs.weight: from the config
    const HfTensorMap& map = maps[next++];
    const Distribution distribution = DistributionOf(spec, map, a);
    for (std::string name : map.hf_names) {
      if (options.bare && name.starts_with(family.hf_prefix())) name.erase(0, family.hf_prefix().size());
      const Rng rng(options.seed, entries.size());  // a stream per tensor
      entries.push_back(
          {std::move(name), RandomTensor(StoredShape(spec, map.transform), distribution, options.dtype, rng)});
    }
  }
  return entries;
}

// Tensors go to the shards in turn, so that a layer's are spread over all.
void WriteShards(const std::filesystem::path& folder, const std::vector<SafetensorsEntry>& entries, int shards) {
  if (shards <= 1) {
    WriteSafetensors(folder / "model.safetensors", entries, {{"format", "pt"}});
    return;
  }
  Json weight_map = Json::object();
  uint64_t total_bytes = 0;
  for (int shard = 0; shard < shards; ++shard) {
    const std::string file = fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards);
    std::vector<SafetensorsEntry> part;
    for (size_t i = static_cast<size_t>(shard); i < entries.size(); i += static_cast<size_t>(shards)) {
      part.push_back(entries[i]);
      weight_map[entries[i].name] = file;
      total_bytes += entries[i].tensor.bytes.size();
    }
    WriteSafetensors(folder / file, part, {{"format", "pt"}});
  }
  const Json index = {{"metadata", {{"total_size", total_bytes}}}, {"weight_map", weight_map}};
  WriteFileAtomically(folder / "model.safetensors.index.json", DumpJson(index));
}

}  // namespace

void WriteRandomHfFolder(const std::filesystem::path& folder, const RandomModelOptions& options) {
  Json config = RandomModelConfig(options.name);
  if (options.context > 0) config["max_position_embeddings"] = options.context;
  const Family& family = FamilyForHf(config, options.name);
  const Architecture architecture = family.FromHf(config, options.name);
  std::filesystem::create_directories(folder);
  WriteFileAtomically(folder / "config.json", DumpJson(config));
  const Json generation = {{"bos_token_id", config["bos_token_id"]}, {"eos_token_id", config["eos_token_id"]}};
  WriteFileAtomically(folder / "generation_config.json", DumpJson(generation));
  WriteShards(folder, RandomWeights(family, architecture, options), options.shards);
  WriteRandomTokenizer(folder, architecture.vocab_size);
}

}  // namespace bantam::testing
