#include "formats/hf_folder.h"

#include <fmt/core.h>

#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "formats/safetensors.h"

namespace bantam {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaximalTemplateBytes = uint64_t{1} << 20;  // public chat templates have up to 20 kB
constexpr uint64_t kMaximalConfigBytes = uint64_t{1} << 24;    // tokenizer_config.json lists added tokens: up to 1 MB

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Json ReadObject(const fs::path& path, uint64_t max_bytes) {
  Json value = ReadJsonFile(path, max_bytes);
  if (!value.is_object())
    Fail(ErrorCode::kFormat, fmt::format("is {}, an object is needed", value.type_name()), path.string());
  return value;
}

std::optional<Json> ReadOptional(const fs::path& path, uint64_t max_bytes = kMaximalConfigBytes) {
  if (!Exists(path)) return std::nullopt;
  return ReadObject(path, max_bytes);
}

// tokenizer_config.json: "chat_template" is a text, or a list of {"name": ..., "template": ...}.
std::optional<std::string> TemplateFromConfig(const Json& config, const std::string& where) {
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_array()) {
    Fail(ErrorCode::kFormat, fmt::format("\"chat_template\" is {}, a string or a list is needed", found->type_name()),
         where);
  }
  for (const Json& named : *found) {
    if (Get<std::string>(named, "name", where + ", \"chat_template\"") == "default") {
      return Get<std::string>(named, "template", where + ", \"chat_template\"");
    }
  }
  return std::nullopt;
}

std::optional<std::string> ReadChatTemplate(const fs::path& folder, const std::optional<Json>& tokenizer_config) {
  const fs::path file = folder / "chat_template.jinja";
  if (Exists(file)) {
    std::string text = ReadFile(file, kMaximalTemplateBytes);
    if (!IsValidUtf8(text)) Fail(ErrorCode::kFormat, "is not valid UTF-8", file.string());
    return text;
  }
  if (!tokenizer_config) return std::nullopt;
  return TemplateFromConfig(*tokenizer_config, (folder / "tokenizer_config.json").string());
}

std::vector<fs::path> SafetensorsFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  return files;
}

std::shared_ptr<const TensorSource> OpenWeights(const fs::path& folder) {
  if (const fs::path index = folder / "model.safetensors.index.json"; Exists(index)) {
    return SafetensorsSource::OpenIndex(index);
  }
  if (const fs::path single = folder / "model.safetensors"; Exists(single)) return SafetensorsSource::OpenFile(single);
  const std::vector<fs::path> files = SafetensorsFiles(folder);
  if (files.size() == 1) return SafetensorsSource::OpenFile(files[0]);
  if (files.size() > 1) {
    Fail(ErrorCode::kFormat,
         fmt::format(
             "has {} safetensors files, but neither model.safetensors nor model.safetensors.index.json tells which "
             "to take",
             files.size()),
         folder.string());
  }
  for (const char* pickled : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (Exists(folder / pickled)) {
      Fail(ErrorCode::kUnsupported, "pickled weights are not read, they can run any code", (folder / pickled).string(),
           "convert them to safetensors: save_pretrained(folder, safe_serialization=True) of transformers");
    }
  }
  Fail(ErrorCode::kIo, "has no weights: neither model.safetensors.index.json nor any *.safetensors", folder.string());
}

void RequireFolder(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) Fail(ErrorCode::kIo, "is not a folder", path.string());
}

// All but config and weights.
void ReadTexts(HfFolder& folder) {
  folder.generation_config = ReadOptional(folder.path / "generation_config.json");
  folder.tokenizer =
      ReadOptional(folder.path / "tokenizer.json", uint64_t{1} << 28);  // the largest public one has 33 MB
  folder.tokenizer_config = ReadOptional(folder.path / "tokenizer_config.json");
  folder.special_tokens_map = ReadOptional(folder.path / "special_tokens_map.json");
  folder.chat_template = ReadChatTemplate(folder.path, folder.tokenizer_config);
}

}  // namespace

bool HfFolder::LooksLike(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && Exists(path / "config.json");
}

HfFolder HfFolder::Open(const fs::path& path) {
  RequireFolder(path);
  HfFolder folder;
  folder.path = path;
  if (!Exists(path / "config.json")) Fail(ErrorCode::kIo, "has no config.json", path.string());
  folder.config = ReadObject(path / "config.json", kMaximalConfigBytes);
  folder.weights = OpenWeights(path);
  ReadTexts(folder);
  return folder;
}

HfFolder HfFolder::OpenTokenizer(const fs::path& path) {
  RequireFolder(path);
  HfFolder folder;
  folder.path = path;
  folder.config = ReadOptional(path / "config.json").value_or(Json::object());
  if (!Exists(path / "tokenizer.json")) {
    const bool sentencepiece = Exists(path / "tokenizer.model");
    Fail(sentencepiece ? ErrorCode::kUnsupported : ErrorCode::kIo, "has no tokenizer.json", path.string(),
         sentencepiece ? "convert tokenizer.model: AutoTokenizer.from_pretrained(folder).save_pretrained(folder) of "
                         "transformers"
                       : "");
  }
  ReadTexts(folder);
  return folder;
}

}  // namespace bantam
