// The byte-level pre-tokenizers that GGUF names by one word in tokenizer.ggml.pre: regexes, each splitting the words that the
// one before left, and a few switches that go with the name.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "text/pipeline.h"
#include "text/vocabulary.h"

namespace bantam {

struct GgufPreTokenizer {
  std::string_view name;
  std::span<const std::string_view> patterns;
  bool ignore_merges = false;
  bool add_bos = false;  // unless the file says otherwise
  bool clean_up_spaces = true;
};

// Null for a name that is not known here.
const GgufPreTokenizer* FindGgufPreTokenizer(std::string_view name);

std::vector<PreTokenizerStep> StepsOf(const GgufPreTokenizer& pre);

// The name of the pre-tokenizer that does what the steps of a tokenizer.json say, if there is one.
std::optional<std::string_view> RecognizePreTokenizer(const Vocabulary& vocabulary);

}  // namespace bantam
