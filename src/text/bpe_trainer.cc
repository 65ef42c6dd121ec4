#include "text/bpe_trainer.h"

#include <fmt/core.h>

#include <limits>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/progress.h"

namespace bantam {
namespace {

constexpr int32_t kNone = -1;  // a border between words, or the inside of a token

// The distinct words, each byte at one place, with a border before, between and behind them. A token stands at the place
// of its first byte, so the next one is as many places on as it has bytes.
class WordTokens {
 public:
  WordTokens(const WordCounts& corpus, int32_t first_byte) {
    uint64_t places = 1;
    for (const auto& [word, count] : corpus.words()) places += word.size() + 1;
    if (places > std::numeric_limits<uint32_t>::max())
      Fail(ErrorCode::kUnsupported, fmt::format("{} bytes of distinct words are too many to train on", places));
    ids_.reserve(places);
    before_.reserve(places);
    word_of_.reserve(places);
    Append(kNone);
    for (const auto& [word, count] : corpus.words()) {
      for (const char byte : word) Append(first_byte + static_cast<uint8_t>(byte));
      Append(kNone);
      counts_.push_back(count);
    }
  }

  uint32_t places() const { return static_cast<uint32_t>(ids_.size()); }
  int32_t id(uint32_t place) const { return ids_[place]; }
  uint32_t before(uint32_t place) const { return before_[place]; }  // where the token before, or a border, stands
  uint64_t count(uint32_t place) const { return counts_[word_of_[place]]; }

  // The tokens at `left` and `right` become `id`, which reaches to `end`.
  void Join(uint32_t left, uint32_t right, uint32_t end, int32_t id) {
    ids_[left] = id;
    ids_[right] = kNone;
    before_[end] = left;
  }

 private:
  void Append(int32_t id) {
    before_.push_back(ids_.empty() ? 0 : places() - 1);
    ids_.push_back(id);
    word_of_.push_back(static_cast<uint32_t>(counts_.size()));
  }

  std::vector<int32_t> ids_;
  std::vector<uint32_t> before_;
  std::vector<uint32_t> word_of_;
  std::vector<uint64_t> counts_;
};

class Trainer {
 public:
  Trainer(const WordCounts& corpus, const BpeTrainerOptions& options)
      : options_(options),
        first_byte_(static_cast<int32_t>(corpus.special_tokens().size())),
        words_(corpus, first_byte_) {
    result_.special_tokens = corpus.special_tokens();
    result_.corpus_tokens = corpus.bytes();
    texts_ = result_.TokenBytes();
    for (uint32_t place = 0; place < words_.places(); ++place) AddPair(place);
    PushGrown();
  }

  TrainedBpe Run() {
    const int64_t wanted = options_.vocab_size - first_byte_ - 256;
    Progress progress("Training the tokenizer", "merges", static_cast<uint64_t>(wanted));
    while (static_cast<int64_t>(result_.merges.size()) < wanted) {
      const auto key = MostFrequent();
      if (!key) FailTooSmall(wanted);
      Merge(*key);
      progress.Advance();
    }
    return std::move(result_);
  }

 private:
  struct Pair {
    uint64_t count = 0;
    std::vector<uint32_t> places;  // of its left token; some are out of date
  };
  struct Candidate {
    uint64_t count, key;
    bool operator<(const Candidate& other) const {  // the heap's front is the greatest
      return count != other.count ? count < other.count : key > other.key;
    }
  };

  static int32_t LeftOf(uint64_t key) { return static_cast<int32_t>(key >> 32); }
  static int32_t RightOf(uint64_t key) { return static_cast<int32_t>(key & 0xFFFFFFFF); }

  const std::string& Text(int32_t id) const { return texts_[static_cast<size_t>(id)]; }
  uint32_t After(uint32_t place) const { return place + static_cast<uint32_t>(Text(words_.id(place)).size()); }

  // The pair whose left token stands at `place`, unless there is none or its text would be too long.
  std::optional<uint64_t> PairAt(uint32_t place) const {
    const int32_t left = words_.id(place);
    if (left == kNone) return std::nullopt;
    const int32_t right = words_.id(After(place));
    if (right == kNone || Text(left).size() + Text(right).size() > options_.max_token_bytes) return std::nullopt;
    return static_cast<uint64_t>(left) << 32 | static_cast<uint64_t>(right);
  }

  // A place never holds the same pair twice: its tokens only grow.
  void AddPair(uint32_t place) {
    const auto key = PairAt(place);
    if (!key) return;
    Pair& pair = pairs_[*key];
    pair.count += words_.count(place);
    pair.places.push_back(place);
    grown_.insert(*key);
  }

  void RemovePair(uint32_t place) {
    if (const auto key = PairAt(place)) pairs_[*key].count -= words_.count(place);
  }

  void PushGrown() {
    for (const uint64_t key : grown_) heap_.push({pairs_[key].count, key});
    grown_.clear();
  }

  // Counts that fell leave their old candidates in the heap. One that comes to the front goes back with the count that
  // holds now, so every pair has a candidate that is not below it, and a front that holds is the maximum.
  std::optional<uint64_t> MostFrequent() {
    while (!heap_.empty()) {
      const Candidate front = heap_.top();
      heap_.pop();
      const uint64_t count = pairs_[front.key].count;
      if (count == front.count) return count < options_.min_frequency ? std::nullopt : std::optional(front.key);
      if (count < front.count && count > 0) heap_.push({count, front.key});
    }
    return std::nullopt;
  }

  void Merge(uint64_t key) {
    const int32_t id = result_.size();
    result_.merges.emplace_back(LeftOf(key), RightOf(key));
    texts_.push_back(Text(LeftOf(key)) + Text(RightOf(key)));
    // They ascend, as a pair's places all come from the one sweep that made its younger token. So "aaa" becomes "aa a", as
    // encoders have it.
    const std::vector<uint32_t> places = std::move(pairs_[key].places);
    for (const uint32_t place : places) {
      if (PairAt(place) == key) MergeAt(place, id);
    }
    pairs_[key] = {};
    PushGrown();
  }

  void MergeAt(uint32_t place, int32_t id) {
    const uint32_t right = After(place), before = words_.before(place);
    RemovePair(before);
    RemovePair(place);
    RemovePair(right);
    words_.Join(place, right, After(right), id);
    result_.corpus_tokens -= words_.count(place);
    AddPair(before);
    AddPair(place);
  }

  [[noreturn]] void FailTooSmall(int64_t wanted) const {
    const size_t merges = result_.merges.size();
    Fail(ErrorCode::kFormat,
         fmt::format("the corpus is too small for {} tokens: it gives {} merges of the {} that are needed",
                     options_.vocab_size, merges, wanted),
         {}, fmt::format("give more text or ask for at most {} tokens", result_.size()));
  }

  const BpeTrainerOptions options_;
  const int32_t first_byte_;
  WordTokens words_;
  TrainedBpe result_;
  std::vector<std::string> texts_;            // bytes by id
  std::unordered_map<uint64_t, Pair> pairs_;  // by left id << 32 | right id
  std::unordered_set<uint64_t> grown_;        // pairs whose count rose since the last push
  std::priority_queue<Candidate> heap_;
};

}  // namespace

std::vector<std::string> TrainedBpe::TokenBytes() const {
  std::vector<std::string> texts = special_tokens;
  for (int byte = 0; byte < 256; ++byte) texts.emplace_back(1, static_cast<char>(byte));
  for (const auto& [left, right] : merges)
    texts.push_back(texts[static_cast<size_t>(left)] + texts[static_cast<size_t>(right)]);
  return texts;
}

TrainedBpe TrainBpe(const WordCounts& corpus, const BpeTrainerOptions& options) {
  const int64_t least = static_cast<int64_t>(corpus.special_tokens().size()) + 256;
  if (options.vocab_size < least || options.vocab_size > std::numeric_limits<int32_t>::max()) {
    Fail(ErrorCode::kUsage, fmt::format("a vocabulary of {} tokens cannot be: {} special tokens and 256 bytes are {}",
                                        options.vocab_size, corpus.special_tokens().size(), least));
  }
  if (options.min_frequency < 1 || options.max_token_bytes < 2)
    Fail(ErrorCode::kUsage, "a pair occurs at least once and has at least two bytes");
  if (corpus.bytes() == 0) Fail(ErrorCode::kFormat, "the corpus has no text");
  return Trainer(corpus, options).Run();
}

}  // namespace bantam
