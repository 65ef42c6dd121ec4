#include "model/families.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

// "blk.3.attn_q.weight" as a row of the table has it: "blk.#.attn_q.weight".
std::string TablePattern(const TensorSpec& spec) {
  if (spec.layer < 0) return spec.name;
  const std::string prefix = fmt::format("blk.{}.", spec.layer);
  return "blk.#." + spec.name.substr(prefix.size());
}

std::string Expand(std::string_view pattern, char placeholder, int64_t number) {
  const size_t at = pattern.find(placeholder);
  if (at == std::string_view::npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, at), number, pattern.substr(at + 1));
}

std::string KnownTypes() {
  std::string list;
  for (const Family* family : AllFamilies()) {
    for (const std::string_view type : family->hf_model_types()) list += (list.empty() ? "" : ", ") + std::string(type);
  }
  return list;
}

std::string KnownArchitectures() {
  std::vector<std::string_view> names;
  for (const Family* family : AllFamilies()) {
    if (std::find(names.begin(), names.end(), family->gguf_name()) == names.end()) names.push_back(family->gguf_name());
  }
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

}  // namespace

const std::vector<const Family*>& AllFamilies() {
  static const std::vector<const Family*> families = {
      &LlamaFamily(), &MixtralFamily(), &Qwen2Family(),    &Qwen3Family(),    &GemmaFamily(), &Gemma2Family(),
      &Gpt2Family(),  &OlmoeFamily(),   &Qwen2MoeFamily(), &Qwen3MoeFamily(), &Dots1Family(),
  };
  return families;
}

std::vector<HfTensorMap> Family::HfTensors(const Architecture& architecture) const {
  const std::vector<HfName> table = HfNames();
  std::vector<HfTensorMap> maps;
  for (const TensorSpec& spec : TensorSpecs(architecture)) {
    if (spec.role == TensorRole::kRopeFactors) continue;
    const std::string pattern = TablePattern(spec);
    const auto row =
        std::find_if(table.rbegin(), table.rend(), [&](const HfName& name) { return name.gguf == pattern; });
    if (row == table.rend()) {
      Fail(ErrorCode::kUnsupported,
           fmt::format("Hugging Face's {} has no tensor like {}", hf_model_types()[0], spec.name), architecture.name);
    }
    HfTensorMap map{spec.name, {}, row->transform, 0};
    const std::string name = Expand(row->hf, '#', spec.layer);
    const int64_t count = row->transform == HfTransform::kStackExperts ? architecture.Moe().experts : 1;
    for (int64_t expert = 0; expert < count; ++expert) map.hf_names.push_back(Expand(name, '*', expert));
    if (row->transform == HfTransform::kPermuteHeads) map.heads = spec.shape.front() / architecture.head_dim;
    maps.push_back(std::move(map));
  }
  return maps;
}

const Family& FamilyForHf(const Json& config, const std::string& where) {
  if (!config.is_object()) Fail(ErrorCode::kFormat, "not a JSON object", where);
  const auto type = Get<std::string>(config, "model_type", where);
  for (const Family* family : AllFamilies()) {
    const auto types = family->hf_model_types();
    if (std::find(types.begin(), types.end(), type) != types.end()) return *family;
  }
  Fail(ErrorCode::kUnsupported, fmt::format("unknown model_type \"{}\"", type), where, "known: " + KnownTypes());
}

const Family& FamilyForGguf(const GgufMetadata& metadata) {
  const std::string name = metadata.GetString("general.architecture");
  for (const Family* family : AllFamilies()) {
    if (family->gguf_name() != name) continue;
    // The one name two families share: Mixtral is the "llama" with experts.
    const bool experts = metadata.GetUint(name + ".expert_count", 0) > 0;
    Architecture probe;
    probe.family = name;
    if (experts) probe.moe.emplace();
    if (family->Owns(probe)) return *family;
  }
  Fail(ErrorCode::kUnsupported, fmt::format("unknown general.architecture \"{}\"", name), metadata.where(),
       "known: " + KnownArchitectures());
}

const Family& FamilyFor(const Architecture& architecture) {
  for (const Family* family : AllFamilies()) {
    if (family->Owns(architecture)) return *family;
  }
  Fail(ErrorCode::kUnsupported, fmt::format("unknown architecture \"{}\"", architecture.family), architecture.name,
       "known: " + KnownArchitectures());
}

}  // namespace bantam
