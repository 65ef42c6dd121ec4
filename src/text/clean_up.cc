#include "text/clean_up.h"

#include <algorithm>
#include <array>

#include "text/normalizer.h"

namespace bantam {
namespace {

// In the order of transformers' clean_up_tokenization, but for the last, which only it has: no two of the last five can
// touch the same characters, so their order does not matter.
constexpr std::array<CleanUpRule, 10> kRules = {{{" .", "."},
                                                 {" ?", "?"},
                                                 {" !", "!"},
                                                 {" ,", ","},
                                                 {" ' ", "'"},
                                                 {" 'm", "'m"},
                                                 {" 's", "'s"},
                                                 {" 've", "'ve"},
                                                 {" 're", "'re"},
                                                 {" n't", "n't"}}};

// Bytes at the end of `text` that begin `pattern`, without being all of it.
size_t BegunAtEnd(std::string_view text, std::string_view pattern) {
  for (size_t size = std::min(text.size(), pattern.size() - 1); size > 0; --size) {
    if (text.ends_with(pattern.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

std::span<const CleanUpRule> CleanUpRules(TokenizerRules rules) {
  return std::span(kRules).first(rules == TokenizerRules::kHuggingFace ? kRules.size() : kRules.size() - 1);
}

std::string ApplyCleanUpRule(const CleanUpRule& rule, std::string_view part, bool last, std::string& held) {
  const std::string text = held.append(part);
  // Only what follows the last match can begin the next one.
  size_t free = 0;
  for (size_t at; (at = text.find(rule.pattern, free)) != std::string::npos;) free = at + rule.pattern.size();
  const size_t kept = last ? 0 : BegunAtEnd(std::string_view(text).substr(free), rule.pattern);
  held = text.substr(text.size() - kept);
  return ReplaceAll(std::string_view(text).substr(0, text.size() - kept), rule.pattern, rule.replacement);
}

}  // namespace bantam
