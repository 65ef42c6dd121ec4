#include "text/added_tokens.h"

#include <algorithm>
#include <string>

#include "base/rng.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;

AddedToken Token(int32_t id, std::string text, bool special = false) {
  return {.id = id, .text = std::move(text), .special = special};
}

// "text" for text, "text#id" for a token.
std::vector<std::string> Shown(const std::vector<Section>& sections) {
  std::vector<std::string> out;
  for (const Section& section : sections)
    out.push_back(std::string(section.text) + (section.token < 0 ? "" : "#" + std::to_string(section.token)));
  return out;
}

TEST(AddedTokens, HuggingFaceTakesTheLongestFromLeftToRight) {
  const AddedTokens added({Token(1, "<a>"), Token(2, "<a><b>"), Token(3, "b><c"), Token(4, "<c>")},
                          TokenizerRules::kHuggingFace);
  EXPECT_THAT(Shown(added.Split("x<a><b><c>y", false)), ElementsAre("x", "<a><b>#2", "<c>#4", "y"));
  EXPECT_THAT(Shown(added.Split("<a><a>", false)), ElementsAre("<a>#1", "<a>#1"));
  EXPECT_THAT(Shown(added.Split("<b><c>", false)), ElementsAre("<", "b><c#3", ">"));
  EXPECT_THAT(Shown(added.Split("", false)), ElementsAre());
}

TEST(AddedTokens, LlamaCppTakesTheLongestAnywhereFirst) {
  const AddedTokens added({Token(1, "<a>"), Token(2, "a><b>c"), Token(3, "<")}, TokenizerRules::kLlamaCpp);
  EXPECT_THAT(Shown(added.Split("<a><b>c<a>", false)), ElementsAre("<#3", "a><b>c#2", "<a>#1"));
}

TEST(AddedTokens, SpecialOnesOnlyWhenAsked) {
  for (const auto rules : {TokenizerRules::kHuggingFace, TokenizerRules::kLlamaCpp}) {
    const AddedTokens added({Token(1, "<s>", true), Token(2, "<u>")}, rules);
    EXPECT_THAT(Shown(added.Split("<s>a<u>", false)), ElementsAre("<s>a", "<u>#2"));
    EXPECT_THAT(Shown(added.Split("<s>a<u>", true)), ElementsAre("<s>#1", "a", "<u>#2"));
  }
}

TEST(AddedTokens, SpaceBesideAToken) {
  AddedToken left = Token(1, "<l>"), right = Token(2, "<r>");
  left.lstrip = true;
  right.rstrip = true;
  const AddedTokens hf({left, right}, TokenizerRules::kHuggingFace);
  EXPECT_THAT(Shown(hf.Split("a \u3000<l> b <r>\n\u00a0c", false)),
              ElementsAre("a", " \u3000<l>#1", " b ", "<r>\n\u00a0#2", "c"));
  EXPECT_THAT(Shown(hf.Split("<r>  <l>", false)), ElementsAre("<r>  #2", "<l>#1"));
  // llama.cpp knows ASCII's white space only, and strips it from the text.
  const AddedTokens llama({left, right}, TokenizerRules::kLlamaCpp);
  EXPECT_THAT(Shown(llama.Split("a\u3000 <l> b <r> \n\u00a0c", false)),
              ElementsAre("a\u3000", "<l>#1", " b ", "<r>#2", "\u00a0c"));
}

TEST(AddedTokens, SingleWord) {
  AddedToken word = Token(1, "cat");
  word.single_word = true;
  const AddedTokens added({word}, TokenizerRules::kHuggingFace);
  EXPECT_THAT(Shown(added.Split("cat, concat cats écat cat", false)),
              ElementsAre("cat#1", ", concat cats écat ", "cat#1"));
}

// llama.cpp's algorithm as it stands: for each token in turn, cut every piece of text at each place it occurs.
std::vector<std::string> CutNaively(std::vector<AddedToken> tokens, const std::string& text) {
  std::sort(tokens.begin(), tokens.end(), [](const AddedToken& a, const AddedToken& b) {
    return a.text.size() != b.text.size() ? a.text.size() > b.text.size() : a.id < b.id;
  });
  std::vector<std::pair<std::string, int32_t>> pieces = {{text, -1}};
  for (const AddedToken& token : tokens) {
    std::vector<std::pair<std::string, int32_t>> next;
    for (auto& [piece, id] : pieces) {
      if (id >= 0) {
        next.emplace_back(piece, id);
        continue;
      }
      for (size_t at; (at = piece.find(token.text)) != std::string::npos; piece.erase(0, at + token.text.size())) {
        if (at > 0) next.emplace_back(piece.substr(0, at), -1);
        next.emplace_back(token.text, token.id);
      }
      if (!piece.empty()) next.emplace_back(piece, -1);
    }
    pieces = std::move(next);
  }
  std::vector<std::string> out;
  for (const auto& [piece, id] : pieces) out.push_back(piece + (id < 0 ? "" : "#" + std::to_string(id)));
  return out;
}

TEST(AddedTokens, LlamaCppAgreesWithTheNaiveAlgorithm) {
  Rng rng(5);
  const auto random_text = [&](uint64_t least, uint64_t most) {
    std::string text;
    const uint64_t length = least + rng.NextBelow(most - least + 1);
    for (uint64_t i = 0; i < length; ++i) text += static_cast<char>('a' + rng.NextBelow(2));
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<AddedToken> tokens;
    for (int32_t id = 0; id < 6; ++id) {
      const std::string text = random_text(1, 5);
      const auto is_it = [&](const AddedToken& token) { return token.text == text; };
      if (std::none_of(tokens.begin(), tokens.end(), is_it)) tokens.push_back(Token(id, text));
    }
    tokens.erase(std::remove_if(tokens.begin(), tokens.end(), [](const auto& t) { return t.text.size() == 1; }),
                 tokens.end());
    const std::string text = random_text(0, 30);
    const std::vector<std::string> expected = text.empty() ? std::vector<std::string>() : CutNaively(tokens, text);
    EXPECT_EQ(Shown(AddedTokens(tokens, TokenizerRules::kLlamaCpp).Split(text, false)), expected);
  }
}

}  // namespace
}  // namespace bantam
