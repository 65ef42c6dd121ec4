// Byte-level BPE with ranked merges: GPT-2, Llama 3, Qwen, DeepSeek, StarCoder.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/merge.h"
#include "text/ranked_merges.h"
#include "text/token_index.h"
#include "text/vocabulary.h"
#include "text/word_memo.h"

namespace bantam {

class ByteLevelBpe {
 public:
  // `vocabulary` has passed Check().
  explicit ByteLevelBpe(const Vocabulary& vocabulary);
  ByteLevelBpe(const ByteLevelBpe&) = delete;  // the index refers to text_of_
  ByteLevelBpe& operator=(const ByteLevelBpe&) = delete;

  // Appends the ids of `word`, which is bytes, not printable characters.
  void Encode(std::string_view word, MergeScratch& scratch, WordMemo& memo, std::vector<int32_t>& out) const;

 private:
  void Merge(std::string_view word, MergeScratch& scratch, std::vector<int32_t>& out) const;

  std::vector<std::string> text_of_;  // bytes of each token; empty when its text is not printable bytes
  TokenIndex index_;                  // of text_of_
  RankedMerges merges_;
  std::array<int32_t, 256> id_of_byte_{};
  bool ignore_merges_;
};

}  // namespace bantam
