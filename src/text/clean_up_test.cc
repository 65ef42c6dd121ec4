#include "text/clean_up.h"

#include "base/rng.h"
#include "testing/testing.h"

namespace bantam {
namespace {

// All rules over a text that comes in parts of `part` bytes.
std::string Clean(TokenizerRules rules, std::string_view text, size_t part) {
  const auto list = CleanUpRules(rules);
  std::vector<std::string> held(list.size());
  std::string out;
  for (size_t at = 0; at <= text.size(); at += part) {
    const bool last = at + part > text.size();
    std::string piece(text.substr(at, part));
    for (size_t i = 0; i < list.size(); ++i) piece = ApplyCleanUpRule(list[i], piece, last, held[i]);
    out += piece;
  }
  return out;
}

TEST(CleanUp, RemovesSpacesBeforePunctuation) {
  const struct {
    std::string text, hugging_face, llama_cpp;
  } cases[] = {
      {"Hello , world ! Why ? So .", "Hello, world! Why? So.", "Hello, world! Why? So."},
      {"it 's , we 've , you 're , I 'm", "it's, we've, you're, I'm", "it's, we've, you're, I'm"},
      {"do n't", "don't", "do n't"},
      {"the ' quoted ' word", "the'quoted'word", "the'quoted'word"},
      {" ' ' ", "'' ", "'' "},
      {"they 'll 'd", "they 'll 'd", "they 'll 'd"},
      {"a  .", "a .", "a ."},
      {" . . .", "...", "..."},
      {" .", ".", "."},
      {" ' 's ", "''s ", "''s "},
      {"", "", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Clean(TokenizerRules::kHuggingFace, c.text, 1000), c.hugging_face);
    EXPECT_EQ(Clean(TokenizerRules::kLlamaCpp, c.text, 1000), c.llama_cpp);
  }
}

TEST(CleanUp, TheCutDoesNotMatter) {
  Rng rng(3);
  constexpr std::string_view kAlphabet = "    ''.?!,smtvren";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const uint64_t length = rng.NextBelow(24);
    for (uint64_t i = 0; i < length; ++i) text += kAlphabet[rng.NextBelow(kAlphabet.size())];
    for (const auto rules : {TokenizerRules::kHuggingFace, TokenizerRules::kLlamaCpp}) {
      const std::string whole = Clean(rules, text, 1000);
      EXPECT_EQ(Clean(rules, text, 1), whole) << text;
      EXPECT_EQ(Clean(rules, text, 1 + rng.NextBelow(5)), whole) << text;
    }
  }
}

}  // namespace
}  // namespace bantam
