// A Hugging Face model folder: config.json, weights, tokenizer and chat template.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "formats/tensor_source.h"

namespace bantam {

// Errors name the file: kIo when one that is needed is missing, kFormat when one is broken, kUnsupported when there are
// only pickled weights (pytorch_model.bin) or only a SentencePiece tokenizer.model.
struct HfFolder {
  std::filesystem::path path;
  Json config;                                  // config.json
  std::optional<Json> generation_config;        // generation_config.json
  std::optional<Json> tokenizer;                // tokenizer.json
  std::optional<Json> tokenizer_config;         // tokenizer_config.json
  std::optional<Json> special_tokens_map;       // special_tokens_map.json
  std::optional<std::string> chat_template;     // chat_template.jinja, else tokenizer_config's chat_template (the
                                                // "default" one when it is a list of named templates)
  std::shared_ptr<const TensorSource> weights;  // null after OpenTokenizer

  static bool LooksLike(const std::filesystem::path& path);  // a folder with a config.json
  // config.json and weights are needed. Weights: model.safetensors.index.json, else model.safetensors, else the only
  // *.safetensors there is.
  static HfFolder Open(const std::filesystem::path& path);
  // tokenizer.json is needed; config.json may be absent (then an empty object), weights are not looked at.
  static HfFolder OpenTokenizer(const std::filesystem::path& path);
};

}  // namespace bantam
