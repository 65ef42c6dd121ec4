#include "text/word_counts.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/cancel.h"
#include "base/error.h"
#include "base/utf8.h"
#include "text/byte_level.h"
#include "text/hf_pipeline.h"

namespace bantam {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

void CheckSpecialTokens(const std::vector<std::string>& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    const auto wrong = [&](const char* what) {
      Fail(ErrorCode::kUsage, fmt::format("special token \"{}\" {}", SanitizeUtf8(token), what));
    };
    if (token.empty()) wrong("is empty");
    if (!IsValidUtf8(token)) wrong("is not UTF-8");
    if (std::find(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(i), token) !=
        tokens.begin() + static_cast<std::ptrdiff_t>(i)) {
      wrong("stands twice");
    }
    if (token.find_first_of(kWhiteSpace) != std::string::npos) wrong("holds white space");
    std::string bytes;
    if (AppendPrintedBytes(token, bytes) && (bytes.size() == 1 || bytes != token))
      wrong("is how a byte-level vocabulary writes other bytes");
  }
}

AddedTokens FinderOf(const std::vector<std::string>& tokens) {
  CheckSpecialTokens(tokens);
  std::vector<AddedToken> added;
  for (size_t i = 0; i < tokens.size(); ++i)
    added.push_back({.id = static_cast<int32_t>(i), .text = tokens[i], .special = true});
  return {std::move(added), TokenizerRules::kHuggingFace};
}

}  // namespace

WordCounts::WordCounts(std::vector<std::string> special_tokens)
    : special_tokens_(std::move(special_tokens)),
      finder_(FinderOf(special_tokens_)),
      pre_tokenizer_({SplitText{{std::string(kGpt2Pattern), true}, SplitBehavior::kIsolated, false}},
                     UnicodeVersion::k17, "GPT-2's pre-tokenizer") {}

void WordCounts::Add(std::string_view text) {
  ThrowIfCancelled();
  RegexBudget budget(text.size());
  for (const Section& section : finder_.Split(text, true)) {
    if (section.token >= 0) continue;
    pre_tokenizer_.Apply(section.text, false, budget, found_);
    for (size_t i = 0; i < found_.spans.size(); ++i) {
      const std::string_view word = found_.At(i);
      bytes_ += word.size();
      if (const auto known = words_.find(word); known != words_.end()) {
        ++known->second;
      } else {
        words_.emplace(word, 1);
      }
    }
  }
}

}  // namespace bantam
