// What a model's README says about its origin. Hugging Face puts it between two lines of "---" at the top, as YAML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf.h"

namespace bantam {

struct ModelCard {
  std::string license, license_name, license_link;  // empty: not stated
  std::vector<std::string> base_models;             // "organization/name"
};

// Reads the few keys above from the front matter: `key: value`, `key: [a, b]` and a list of `- value` lines under a
// key, with or without quotes. Everything else is passed over: a card is a courtesy, and an odd one must not stop a
// conversion.
ModelCard ParseModelCard(std::string_view readme);

// Sets general.license, general.license.name, general.license.link and general.base_model.*, as llama.cpp names them.
void WriteModelCard(const ModelCard& card, GgufMetadata& metadata);

}  // namespace bantam
