#include "train/save_model.h"

#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "model/hf_writer.h"

namespace bantam {
namespace {

constexpr const char* kTokenizerFiles[] = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                           "chat_template.jinja"};

// The ids that transformers looks for in config.json and generation_config.json.
Json SpecialIds(const Vocabulary& vocabulary) {
  Json ids = Json::object();
  if (vocabulary.bos) ids["bos_token_id"] = *vocabulary.bos;
  if (vocabulary.end_of_generation.size() == 1) {
    ids["eos_token_id"] = vocabulary.end_of_generation.front();
  } else if (!vocabulary.end_of_generation.empty()) {
    ids["eos_token_id"] = vocabulary.end_of_generation;
  }
  if (vocabulary.pad) ids["pad_token_id"] = *vocabulary.pad;
  return ids;
}

}  // namespace

std::vector<std::filesystem::path> TokenizerFiles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const char* name : kTokenizerFiles) {
    if (std::filesystem::exists(folder / name)) files.push_back(folder / name);
  }
  return files;
}

void SaveTrainedModel(const std::filesystem::path& folder, const Architecture& architecture,
                      const ParameterLayout& layout, Parametrization& parametrization, std::span<const float> values,
                      const Vocabulary& vocabulary, const std::filesystem::path& tokenizer_folder) {
  const std::span<const float> weights = parametrization.MasterWeights(values);
  const auto source = [&](const TensorSpec& spec) {
    const ParameterLayout::Entry& entry = layout.At(spec.name);
    const auto tensor = weights.subspan(entry.offset, entry.size);
    const bool exact =
        spec.role == TensorRole::kRouter || parametrization.quantized()[&entry - layout.entries().data()];
    return HfTensorValues{{tensor.begin(), tensor.end()}, exact ? DType::kF32 : DType::kBF16};
  };
  std::filesystem::create_directories(folder);
  for (const std::filesystem::path& file : TokenizerFiles(tokenizer_folder)) {
    WriteFileAtomically(folder / file.filename(), ReadFile(file));
  }
  const Json ids = SpecialIds(vocabulary);
  WriteFileAtomically(folder / "generation_config.json", DumpJson(ids) + "\n");
  Json extra = ids;
  extra["torch_dtype"] = "bfloat16";
  WriteHfModel(folder, architecture, source, extra);
}

}  // namespace bantam
