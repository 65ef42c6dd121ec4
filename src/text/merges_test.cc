// The encoders against the obvious algorithm: look at every pair, merge the best, start again.
#include <map>

#include "base/rng.h"
#include "testing/testing.h"
#include "text/bpe.h"
#include "text/sentencepiece_bpe.h"
#include "text/test_tokenizers.h"

namespace bantam {
namespace {

// `key(left, right)`: lower is better, nullopt for no merge.
template <typename Key>
std::vector<std::string> MergeNaively(std::vector<std::string> parts, Key key) {
  for (;;) {
    size_t best = parts.size();
    std::optional<double> best_key;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto candidate = key(parts[i], parts[i + 1]);
      if (candidate && (!best_key || *candidate < *best_key)) {
        best_key = candidate;
        best = i;
      }
    }
    if (best == parts.size()) return parts;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

std::vector<std::string> Characters(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<uint8_t>(text[at]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
    parts.emplace_back(text.substr(at, size));
    at += size;
  }
  return parts;
}

// Merges of texts that are there already, as training makes them.
testing::MergeList RandomMerges(Rng& rng, std::vector<std::string> texts, int count) {
  testing::MergeList merges;
  for (int i = 0; i < count; ++i) {
    const std::pair pair{texts[rng.NextBelow(texts.size())], texts[rng.NextBelow(texts.size())]};
    if (std::find(merges.begin(), merges.end(), pair) != merges.end()) continue;
    merges.push_back(pair);
    texts.push_back(pair.first + pair.second);
  }
  return merges;
}

std::string RandomText(Rng& rng, const std::vector<std::string>& alphabet, uint64_t longest) {
  std::string text;
  const uint64_t length = rng.NextBelow(longest + 1);
  for (uint64_t i = 0; i < length; ++i) text += alphabet[rng.NextBelow(alphabet.size())];
  return text;
}

std::vector<std::string> TextsOf(const Vocabulary& vocabulary, const std::vector<int32_t>& ids) {
  std::vector<std::string> texts;
  for (const int32_t id : ids) texts.push_back(vocabulary.tokens[static_cast<size_t>(id)]);
  return texts;
}

auto ByRank(const testing::MergeList& merges) {
  std::map<std::pair<std::string, std::string>, double> ranks;
  for (const auto& merge : merges) ranks.emplace(merge, static_cast<double>(ranks.size()));
  return [ranks](const std::string& left, const std::string& right) -> std::optional<double> {
    const auto found = ranks.find({left, right});
    return found == ranks.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Merges, RankedBytesAgreeWithTheNaiveEncoder) {
  Rng rng(1);
  const std::vector<std::string> alphabet = {"a", "b", "c"};
  for (int round = 0; round < 300; ++round) {
    const auto merges = RandomMerges(rng, alphabet, 1 + static_cast<int>(rng.NextBelow(25)));
    const Vocabulary vocabulary = testing::FromJson(testing::ByteLevelJson(merges));
    const ByteLevelBpe bpe(vocabulary);
    MergeScratch scratch;
    WordMemo memo;
    std::vector<int32_t> ids;
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
      const std::string text = RandomText(rng, alphabet, 40);
      bpe.Encode(text, scratch, memo, ids);
      for (auto& part : MergeNaively(Characters(text), ByRank(merges))) expected.push_back(std::move(part));
    }
    EXPECT_EQ(TextsOf(vocabulary, ids), expected);
  }
}

TEST(Merges, RankedCharactersAgreeWithTheNaiveEncoder) {
  Rng rng(2);
  const std::vector<std::string> alphabet = {"▁", "a", "é", "漢"};
  for (int round = 0; round < 300; ++round) {
    const auto merges = RandomMerges(rng, alphabet, 1 + static_cast<int>(rng.NextBelow(25)));
    const Vocabulary vocabulary = testing::FromJson(testing::SentencePieceJson(alphabet, merges));
    const SentencePieceBpe bpe(vocabulary);
    MergeScratch scratch;
    WordMemo memo;
    std::vector<int32_t> ids;
    const std::string text = RandomText(rng, alphabet, 60);
    bpe.Encode(text, scratch, memo, ids);
    EXPECT_EQ(TextsOf(vocabulary, ids), MergeNaively(Characters(text), ByRank(merges)));
  }
}

// llama.cpp's rule: any two neighbours whose joined text is a token, highest score of that token first.
TEST(Merges, ScoredCharactersAgreeWithTheNaiveEncoder) {
  Rng rng(3);
  const std::vector<std::string> alphabet = {"▁", "a", "é", "漢"};
  for (int round = 0; round < 300; ++round) {
    const auto merges = RandomMerges(rng, alphabet, 1 + static_cast<int>(rng.NextBelow(25)));
    Vocabulary vocabulary = testing::ThroughGguf(testing::FromJson(testing::SentencePieceJson(alphabet, merges)));
    for (float& score : vocabulary.scores) score = static_cast<float>(rng.NextBelow(9)) - 4.0F;  // with many ties
    std::map<std::string, double> scores;
    for (size_t i = 0; i < vocabulary.tokens.size(); ++i) scores[vocabulary.tokens[i]] = vocabulary.scores[i];
    const SentencePieceBpe bpe(vocabulary);
    MergeScratch scratch;
    WordMemo memo;
    std::vector<int32_t> ids;
    const std::string text = RandomText(rng, alphabet, 60);
    bpe.Encode(text, scratch, memo, ids);
    const auto key = [&](const std::string& left, const std::string& right) -> std::optional<double> {
      const auto found = scores.find(left + right);
      return found == scores.end() ? std::nullopt : std::optional(-found->second);
    };
    EXPECT_EQ(TextsOf(vocabulary, ids), MergeNaively(Characters(text), key));
  }
}

TEST(Merges, AMergeThatIsListedTwiceHasTheRankThatItsJudgeGivesIt) {
  Json json = testing::ByteLevelJson({{"a", "b"}, {"b", "c"}});
  json["model"]["merges"].push_back("a b");  // last, so that "b c" comes before it
  Vocabulary vocabulary = testing::FromJson(json);
  const auto encode = [&] {
    const ByteLevelBpe bpe(vocabulary);
    MergeScratch scratch;
    WordMemo memo;
    std::vector<int32_t> ids;
    bpe.Encode("abc", scratch, memo, ids);
    return TextsOf(vocabulary, ids);
  };
  EXPECT_THAT(encode(), ::testing::ElementsAre("a", "bc"));
  vocabulary.rules = TokenizerRules::kLlamaCpp;
  EXPECT_THAT(encode(), ::testing::ElementsAre("ab", "c"));
}

}  // namespace
}  // namespace bantam
