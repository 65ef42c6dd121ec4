// How often each word of a corpus occurs: all that the training of a BPE needs to know of it. Words are those of GPT-2's
// pre-tokenizer, so memory grows with the distinct words and not with the text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/added_tokens.h"
#include "text/pretokenizer.h"

namespace bantam {

class WordCounts {
 public:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Map = std::unordered_map<std::string, uint64_t, Hash, std::equal_to<>>;

  // Special tokens that are written out in a text are cut out of it: they belong to no word, and no word reaches across
  // one. kUsage naming a special token that stands twice, is empty or not UTF-8, holds white space (a text may be handed
  // over cut at white space), or is what the vocabulary writes for other bytes ("Ġ" for a space, "a" for itself).
  explicit WordCounts(std::vector<std::string> special_tokens);

  // `text`: valid UTF-8. Stops with kCancelled on Ctrl-C.
  void Add(std::string_view text);

  const std::vector<std::string>& special_tokens() const { return special_tokens_; }
  const Map& words() const { return words_; }
  uint64_t bytes() const { return bytes_; }  // in all words together

 private:
  std::vector<std::string> special_tokens_;
  AddedTokens finder_;
  PreTokenizer pre_tokenizer_;
  Words found_;
  Map words_;
  uint64_t bytes_ = 0;
};

}  // namespace bantam
