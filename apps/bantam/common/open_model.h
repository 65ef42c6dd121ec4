// From paths on the command line to a model, its tokenizer and its chat template.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "model/model.h"
#include "text/tokenizer.h"

namespace bantam::cli {

bool IsGguf(const std::filesystem::path& path);  // by its first bytes

// The vocabulary in a Hugging Face folder, a tokenizer.json (with the files beside it), a GGUF, or a llama2.c
// tokenizer.bin. That last has no count of its own: `vocab_size` is the model's.
Vocabulary ReadVocabulary(const std::filesystem::path& path, std::optional<int32_t> vocab_size = {});

// The vocabulary of a model: from `tokenizer` when it is given, else from the model itself. Reads no weights, so that a
// GGUF holding nothing but a vocabulary will do. kUsage naming --tokenizer when there is none.
Vocabulary ReadModelVocabulary(const std::filesystem::path& model, const std::filesystem::path& tokenizer);

struct OpenedModel {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Tokenizer> tokenizer;
};

// Both. The vocabulary gets exactly one token per row of the embedding; kFormat when they do not belong together.
OpenedModel OpenModel(const std::filesystem::path& model, const std::filesystem::path& tokenizer);

}  // namespace bantam::cli
