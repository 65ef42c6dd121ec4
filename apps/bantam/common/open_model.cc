#include "common/open_model.h"

#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace bantam::cli {

bool IsGguf(const std::filesystem::path& path) {
  const auto file = MappedFile::Open(path);
  return file->bytes().size() >= 4 && std::memcmp(file->bytes().data(), "GGUF", 4) == 0;
}

Vocabulary ReadVocabulary(const std::filesystem::path& path, std::optional<int32_t> vocab_size) {
  if (std::filesystem::is_directory(path)) return Vocabulary::FromHf(HfFolder::OpenTokenizer(path));
  if (path.filename() == "tokenizer.json") {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    return Vocabulary::FromHf(HfFolder::OpenTokenizer(folder));
  }
  if (path.extension() == ".json") return Vocabulary::FromTokenizerJson(ReadJsonFile(path), path.string());
  if (IsGguf(path)) return Vocabulary::FromGguf(GgufFile::Open(path)->metadata());
  if (vocab_size) return Vocabulary::FromLlama2c(ReadLlama2cTokenizer(path, *vocab_size));
  Fail(ErrorCode::kUsage, "is no GGUF, tokenizer.json or model folder", path.string(),
       "a llama2.c tokenizer.bin goes to --tokenizer beside its model in --model");
}

Vocabulary ReadModelVocabulary(const std::filesystem::path& model, const std::filesystem::path& tokenizer) {
  if (std::filesystem::is_directory(model) || model.extension() == ".json" || IsGguf(model)) {
    return ReadVocabulary(tokenizer.empty() ? model : tokenizer);
  }
  const int32_t vocab_size = Llama2cSource::Open(model)->config().vocab_size;
  if (tokenizer.empty()) {
    Fail(ErrorCode::kUsage, "a llama2.c checkpoint has no tokenizer inside", model.string(),
         "give its tokenizer.bin with --tokenizer");
  }
  return ReadVocabulary(tokenizer, vocab_size);
}

OpenedModel OpenModel(const std::filesystem::path& model, const std::filesystem::path& tokenizer) {
  OpenedModel opened;
  opened.model = Model::Open(model);
  const int64_t rows = opened.model->architecture().vocab_size;
  Vocabulary vocabulary =
      tokenizer.empty() ? ReadModelVocabulary(model, {}) : ReadVocabulary(tokenizer, static_cast<int32_t>(rows));
  vocabulary.Resize(rows);
  opened.tokenizer = std::make_shared<Tokenizer>(std::move(vocabulary));
  return opened;
}

}  // namespace bantam::cli
