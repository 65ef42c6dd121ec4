#include "text/bpe_trainer.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "base/cancel.h"
#include "base/rng.h"
#include "testing/testing.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json_writer.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using IdPair = std::pair<int32_t, int32_t>;
using WordsAsIds = std::vector<std::pair<std::vector<int32_t>, uint64_t>>;  // tokens of a word, occurrences

// The definition, step by step: all pairs are counted anew before each merge, and each merge goes through all words.
class NaiveTrainer {
 public:
  NaiveTrainer(const WordCounts& corpus, BpeTrainerOptions options) : options_(options) {
    const auto special = static_cast<int32_t>(corpus.special_tokens().size());
    texts_ = corpus.special_tokens();
    for (int byte = 0; byte < 256; ++byte) texts_.emplace_back(1, static_cast<char>(byte));
    for (const auto& [word, count] : corpus.words()) {
      std::vector<int32_t> ids;
      for (const char byte : word) ids.push_back(special + static_cast<uint8_t>(byte));
      words_.emplace_back(ids, count);
    }
  }

  // The next merge, or none when every pair that is left is too rare or too long.
  std::optional<IdPair> Step() {
    std::map<IdPair, uint64_t> counts;
    for (const auto& [ids, count] : words_) {
      for (size_t i = 0; i + 1 < ids.size(); ++i) counts[{ids[i], ids[i + 1]}] += count;
    }
    std::optional<IdPair> best;
    uint64_t most = 0;
    for (const auto& [pair, count] : counts) {  // in ascending order of pairs
      if (TextOf(pair).size() > options_.max_token_bytes || count < options_.min_frequency || count <= most) continue;
      best = pair;
      most = count;
    }
    if (best) Apply(*best);
    return best;
  }

  uint64_t Tokens() const {
    uint64_t tokens = 0;
    for (const auto& [ids, count] : words_) tokens += ids.size() * count;
    return tokens;
  }

 private:
  std::string TextOf(const IdPair& pair) const {
    return texts_[static_cast<size_t>(pair.first)] + texts_[static_cast<size_t>(pair.second)];
  }

  void Apply(const IdPair& pair) {
    const auto id = static_cast<int32_t>(texts_.size());
    texts_.push_back(TextOf(pair));
    for (auto& [ids, count] : words_) {
      std::vector<int32_t> merged;
      for (size_t i = 0; i < ids.size(); ++i) {
        const bool here = ids[i] == pair.first && i + 1 < ids.size() && ids[i + 1] == pair.second;
        merged.push_back(here ? id : ids[i]);
        if (here) ++i;
      }
      ids = std::move(merged);
    }
  }

  const BpeTrainerOptions options_;
  std::vector<std::string> texts_;
  WordsAsIds words_;
};

WordCounts Count(const std::vector<std::string>& texts, std::vector<std::string> special_tokens = {}) {
  WordCounts counts(std::move(special_tokens));
  for (const std::string& text : texts) counts.Add(text);
  return counts;
}

// The texts of the first merges.
std::vector<std::string> Learned(const WordCounts& corpus, int merges, BpeTrainerOptions options = {}) {
  options.vocab_size = static_cast<int64_t>(corpus.special_tokens().size()) + 256 + merges;
  const std::vector<std::string> texts = TrainBpe(corpus, options).TokenBytes();
  return {texts.end() - merges, texts.end()};
}

// Texts over few characters, so that pairs repeat, overlap and tie.
std::string RandomText(Rng& rng, size_t characters) {
  static const std::vector<std::vector<std::string>> kAlphabets = {{"a", "b"},
                                                                   {"a", "b", "c", " "},
                                                                   {"a", "b", "1", "!", " ", "\n"},
                                                                   {"a", "é", "漢", "🐓", " "},
                                                                   {"'", "s", "l", " "}};
  const auto& alphabet = kAlphabets[rng.NextBelow(kAlphabets.size())];
  std::string text;
  for (size_t i = 0; i < characters; ++i) text += alphabet[rng.NextBelow(alphabet.size())];
  return text;
}

TEST(BpeTrainer, TheExampleOfThePaper) {
  // Sennrich et al., algorithm 1; their words end in a mark, these begin with a space.
  std::string text;
  for (const auto& [word, count] : {std::pair(" low", 5), {" lower", 2}, {" newest", 6}, {" widest", 3}}) {
    for (int i = 0; i < count; ++i) text += word;
  }
  // Nine times "es" and "st"; then seven times " l", "lo" and "ow".
  EXPECT_THAT(Learned(Count({text}), 5), ElementsAre("es", "est", " l", "ow", " low"));
}

TEST(BpeTrainer, TiesGoToTheLowestIds) {
  EXPECT_THAT(Learned(Count({"ba ba ab ab dc dc"}), 5), ElementsAre(" a", " d", "ba", " ab", " dc"));
}

TEST(BpeTrainer, OverlappingPairsMergeFromTheLeft) {
  // Three words of "aaa" have six pairs "aa"; then "aa"+"a" three times, as often as "bb" and " a".
  EXPECT_THAT(Learned(Count({"aaa aaa aaa bb bb bb"}), 4), ElementsAre("aa", " b", "aaa", " bb"));
}

TEST(BpeTrainer, DoesWhatTheDefinitionSays) {
  Rng rng(1);
  size_t merges_seen = 0;
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    const WordCounts corpus =
        Count({RandomText(rng, 1 + rng.NextBelow(200)), RandomText(rng, rng.NextBelow(60))},
              round % 2 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"<s>", "b!"});
    BpeTrainerOptions options{.min_frequency = 1 + rng.NextBelow(3), .max_token_bytes = 2 + rng.NextBelow(12)};
    NaiveTrainer naive(corpus, options);
    std::vector<IdPair> merges;
    const uint64_t most = rng.NextBelow(2) == 0 ? 20 : std::numeric_limits<uint64_t>::max();
    while (merges.size() < most) {
      const auto merge = naive.Step();
      if (!merge) break;
      merges.push_back(*merge);
    }
    const auto base = static_cast<int64_t>(corpus.special_tokens().size()) + 256;
    options.vocab_size = base + static_cast<int64_t>(merges.size());
    const TrainedBpe bpe = TrainBpe(corpus, options);
    ASSERT_EQ(bpe.merges, merges);
    EXPECT_EQ(bpe.corpus_tokens, naive.Tokens());
    EXPECT_EQ(bpe.size(), options.vocab_size);
    const std::vector<std::string> texts = bpe.TokenBytes();
    EXPECT_EQ(std::set(texts.begin(), texts.end()).size(), texts.size());
    if (merges.size() < most) {
      ++options.vocab_size;
      EXPECT_BANTAM_ERROR(TrainBpe(corpus, options), ErrorCode::kFormat,
                          HasSubstr(std::to_string(merges.size()) + " merges of the"));
    }
    merges_seen += merges.size();
  }
  EXPECT_GT(merges_seen, 4000U);
}

// GPT-2's pre-tokenizer for ASCII, by another regex library.
std::vector<std::string> AsciiWords(const std::string& text) {
  static const std::regex kWords(R"('s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+)");
  std::vector<std::string> words;
  for (std::sregex_iterator match(text.begin(), text.end(), kWords), end; match != end; ++match)
    words.push_back(match->str());
  return words;
}

// The pair of the lowest rank, the leftmost of equals, until none is left.
std::vector<int32_t> GreedyMerge(const TrainedBpe& bpe, const std::string& word) {
  std::map<IdPair, int32_t> ids_of;
  for (const IdPair& pair : bpe.merges)
    ids_of.emplace(pair, bpe.FirstByte() + 256 + static_cast<int32_t>(ids_of.size()));
  std::vector<int32_t> ids;
  for (const char byte : word) ids.push_back(bpe.FirstByte() + static_cast<uint8_t>(byte));
  for (;;) {
    size_t at = 0;
    int32_t best = std::numeric_limits<int32_t>::max();
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto found = ids_of.find({ids[i], ids[i + 1]});
      if (found == ids_of.end() || found->second >= best) continue;
      at = i;
      best = found->second;
    }
    if (best == std::numeric_limits<int32_t>::max()) return ids;
    ids[at] = best;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

// Sentences of a few words with numbers, quotes and white space between them.
std::string RandomSentences(Rng& rng, int words) {
  static const std::vector<std::string> kWords = {"eel",  "eels",    "quay", "they'll", "ink",   "inkhorn",
                                                  "rain", "raining", "1432", "bell",    "bells", "Bellmoor",
                                                  "!?",   "...",     "x_y",  "the"};
  static const std::vector<std::string> kSpaces = {" ", " ", " ", "  ", "\n", "\n\n ", "\t", ""};
  std::string text;
  for (int i = 0; i < words; ++i) text += kWords[rng.NextBelow(kWords.size())] + kSpaces[rng.NextBelow(kSpaces.size())];
  return text;
}

TEST(BpeTrainer, TheTokenizerEncodesAsItWasTrained) {
  Rng rng(2);
  const std::string text = RandomSentences(rng, 2000);
  const WordCounts corpus = Count({text}, {"<|end|>", "<|a|>"});
  BpeTrainerOptions options{.vocab_size = 340};
  const TrainedBpe bpe = TrainBpe(corpus, options);
  const Tokenizer tokenizer(Vocabulary::FromTokenizerJson(TokenizerJson(bpe), "tokenizer.json"));
  EXPECT_EQ(tokenizer.Encode(text).size(), bpe.corpus_tokens);
  for (int round = 0; round < 200; ++round) {
    const std::string sample = RandomSentences(rng, 12), more = RandomSentences(rng, 3);
    std::vector<int32_t> expected;
    for (const std::string& part : {sample, std::string(), more}) {
      if (part.empty()) expected.push_back(1);
      for (const std::string& word : AsciiWords(part)) {
        for (const int32_t id : GreedyMerge(bpe, word)) expected.push_back(id);
      }
    }
    const auto ids = tokenizer.Encode(sample + "<|a|>" + more, {.parse_special = true});
    ASSERT_EQ(ids, expected) << sample << "|" << more;
    EXPECT_EQ(tokenizer.Decode(ids, false), sample + "<|a|>" + more);
  }
}

TEST(BpeTrainer, TheOrderOfTextsDoesNotMatter) {
  Rng rng(3);
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i) texts.push_back(RandomSentences(rng, 60) + RandomText(rng, 60));
  const BpeTrainerOptions options{.vocab_size = 256 + 150};
  const TrainedBpe bpe = TrainBpe(Count(texts), options);
  std::reverse(texts.begin(), texts.end());
  const TrainedBpe reversed = TrainBpe(Count(texts), options);
  EXPECT_EQ(bpe.merges, reversed.merges);
  EXPECT_EQ(bpe.corpus_tokens, reversed.corpus_tokens);
}

TEST(BpeTrainer, ManyMergesOfOneLongWord) {
  // A word of a million letters: each merge touches only the places of its pair.
  Rng rng(4);
  std::string word;
  for (int i = 0; i < 1'000'000; ++i) word += static_cast<char>('a' + rng.NextBelow(26));
  const TrainedBpe bpe = TrainBpe(Count({word}), {.vocab_size = 2000});
  EXPECT_EQ(bpe.size(), 2000);
  EXPECT_LT(bpe.corpus_tokens, 600'000U);
  EXPECT_GT(bpe.corpus_tokens, 300'000U);
}

TEST(BpeTrainer, StopsWhenAsked) {
  WordCounts corpus = Count({"some text and some text"});
  RequestCancel();
  EXPECT_BANTAM_ERROR(TrainBpe(corpus, {.vocab_size = 260}), ErrorCode::kCancelled, HasSubstr(""));
  EXPECT_BANTAM_ERROR(corpus.Add("more"), ErrorCode::kCancelled, HasSubstr(""));
  ClearCancel();
  EXPECT_EQ(TrainBpe(corpus, {.vocab_size = 260}).size(), 260);
}

TEST(BpeTrainer, OptionsThatCannotBe) {
  const WordCounts corpus = Count({"some text and some text"}, {"<s>", "</s>"});
  EXPECT_EQ(TrainBpe(corpus, {.vocab_size = 258}).merges.size(), 0U);
  EXPECT_BANTAM_ERROR(TrainBpe(corpus, {.vocab_size = 257}), ErrorCode::kUsage, HasSubstr("2 special tokens"));
  EXPECT_BANTAM_ERROR(TrainBpe(corpus, {.vocab_size = int64_t{1} << 31}), ErrorCode::kUsage, HasSubstr("2147483648"));
  EXPECT_BANTAM_ERROR(TrainBpe(corpus, {.min_frequency = 0}), ErrorCode::kUsage, HasSubstr("at least once"));
  EXPECT_BANTAM_ERROR(TrainBpe(corpus, {.max_token_bytes = 1}), ErrorCode::kUsage, HasSubstr("two bytes"));
  EXPECT_BANTAM_ERROR(TrainBpe(Count({"<s>"}, {"<s>"}), {}), ErrorCode::kFormat, HasSubstr("no text"));
}

}  // namespace
}  // namespace bantam
