// Removing the spaces that old word tokenizers put before punctuation: clean_up_tokenization_spaces of Hugging Face
// transformers, clean_spaces of llama.cpp. A list of replacements, each run over the result of the one before.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "text/vocabulary.h"

namespace bantam {

struct CleanUpRule {
  std::string_view pattern, replacement;
};

// llama.cpp has all of Hugging Face's but " n't".
std::span<const CleanUpRule> CleanUpRules(TokenizerRules rules);

// One replacement over a text that comes in parts: the same result however it is cut. `held`: a beginning of the pattern
// that the next part may complete, empty at first. `last`: no part follows.
std::string ApplyCleanUpRule(const CleanUpRule& rule, std::string_view part, bool last, std::string& held);

}  // namespace bantam
