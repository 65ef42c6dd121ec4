#include "text/pretokenizer.h"

#include "testing/testing.h"
#include "text/hf_pipeline.h"
#include "text/normalizer.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> WordsOf(std::vector<PreTokenizerStep> steps, const std::string& text, bool first = true) {
  const PreTokenizer pre(std::move(steps), UnicodeVersion::k17, "test");
  RegexBudget budget(text.size());
  Words words;
  pre.Apply(text, first, budget, words);
  std::vector<std::string> out;
  for (size_t i = 0; i < words.spans.size(); ++i) out.emplace_back(words.At(i));
  return out;
}

SplitText Split(std::string pattern, SplitBehavior behavior, bool regex = true, bool invert = false) {
  return {{std::move(pattern), regex}, behavior, invert};
}

// The example of the Hugging Face documentation, "the-final--countdown", split at "-".
TEST(PreTokenizer, BehaviorsAsDocumented) {
  const std::string text = "the-final--countdown";
  for (const bool regex : {false, true}) {
    const auto split = [&](SplitBehavior behavior) { return WordsOf({Split("-", behavior, regex)}, text); };
    EXPECT_THAT(split(SplitBehavior::kRemoved), ElementsAre("the", "final", "countdown"));
    EXPECT_THAT(split(SplitBehavior::kIsolated), ElementsAre("the", "-", "final", "-", "-", "countdown"));
    EXPECT_THAT(split(SplitBehavior::kMergedWithPrevious), ElementsAre("the-", "final-", "-", "countdown"));
    EXPECT_THAT(split(SplitBehavior::kMergedWithNext), ElementsAre("the", "-final", "-", "-countdown"));
    EXPECT_THAT(split(SplitBehavior::kContiguous), ElementsAre("the", "-", "final", "--", "countdown"));
  }
}

TEST(PreTokenizer, InvertAndEmptyMatches) {
  EXPECT_THAT(WordsOf({Split("\\w+", SplitBehavior::kRemoved, true, true)}, "a, b"), ElementsAre("a", "b"));
  EXPECT_THAT(WordsOf({Split("(?=(\\d{3})+(?!\\d))", SplitBehavior::kIsolated)}, "é1234567"),
              ElementsAre("é1", "234", "567"));
  EXPECT_THAT(WordsOf({Split("x*", SplitBehavior::kIsolated)}, "aé"), ElementsAre("a", "é"));
  EXPECT_THAT(WordsOf({Split("x", SplitBehavior::kIsolated)}, ""), ElementsAre());
}

TEST(PreTokenizer, LaterStepsSeeOneWordAtATime) {
  // In "1 a" the space stays before "a" only because "1" has become a word of its own.
  EXPECT_THAT(
      WordsOf({Split("\\p{N}", SplitBehavior::kIsolated), Split(std::string(kGpt2Pattern), SplitBehavior::kIsolated)},
              "x12  y"),
      ElementsAre("x", "1", "2", " ", " y"));
  EXPECT_THAT(WordsOf({Split("1", SplitBehavior::kIsolated, false), Split("^a|a$", SplitBehavior::kIsolated)}, "a1aa"),
              ElementsAre("a", "1", "a", "a"));
}

TEST(PreTokenizer, Metaspace) {
  using Prepend = Metaspace::Prepend;
  EXPECT_THAT(WordsOf({Metaspace{"▁", Prepend::kAlways, true}}, "a b  c"), ElementsAre("▁a", "▁b", "▁", "▁c"));
  EXPECT_THAT(WordsOf({Metaspace{"▁", Prepend::kAlways, false}}, " a b"), ElementsAre("▁a▁b"));
  EXPECT_THAT(WordsOf({Metaspace{"▁", Prepend::kFirst, false}}, "a", true), ElementsAre("▁a"));
  EXPECT_THAT(WordsOf({Metaspace{"▁", Prepend::kFirst, false}}, "a", false), ElementsAre("a"));
  EXPECT_THAT(WordsOf({Metaspace{"▁", Prepend::kNever, true}}, "a b"), ElementsAre("a", "▁b"));
  EXPECT_THAT(WordsOf({Split("\\p{L}+", SplitBehavior::kIsolated), PrefixSpace{}}, "a1 b"),
              ElementsAre(" a", " 1 ", " b"));
}

TEST(Normalizer, StepsInOrder) {
  const auto normalize = [](std::vector<NormalizerStep> steps, const std::string& text) {
    const Normalizer normalizer(std::move(steps), "test");
    RegexBudget budget(text.size());
    std::string storage;
    return std::string(normalizer.Apply(text, budget, storage));
  };
  EXPECT_EQ(normalize({}, "a b"), "a b");
  EXPECT_EQ(normalize({PrependText{"▁"}, ReplaceText{{" ", false}, "▁"}}, "a b"), "▁a▁b");
  EXPECT_EQ(normalize({ReplaceText{{"aa", false}, "b"}}, "aaa"), "ba");
  EXPECT_EQ(normalize({ReplaceText{{" {2,}", true}, " "}}, "a   b c"), "a b c");
  EXPECT_EQ(normalize({ReplaceText{{"x*", true}, "-"}}, "axb"), "-a--b-");
  EXPECT_EQ(normalize({ReplaceText{{"$", true}, "."}, NormalizeUnicode{UnicodeForm::kNfc}}, "e\u0301"), "é.");
}

}  // namespace
}  // namespace bantam
