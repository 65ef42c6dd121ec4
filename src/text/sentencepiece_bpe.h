// BPE over characters with "▁" for spaces, and bytes for what the vocabulary lacks: Llama 2, Mistral, Phi-3, Gemma.
//
// Two ways to order merges. By score (SentencePiece, llama.cpp): two neighbours merge when their joined text is a token;
// the token of the highest score goes first. By rank (tokenizer.json): a list of pairs. The list was made from the scores,
// but pairs that give the same token have ranks of their own, so runs of one character can come out differently.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/merge.h"
#include "text/ranked_merges.h"
#include "text/token_index.h"
#include "text/vocabulary.h"
#include "text/word_memo.h"

namespace bantam {

class SentencePieceBpe {
 public:
  // `vocabulary` has passed Check() and outlives this object.
  explicit SentencePieceBpe(const Vocabulary& vocabulary);

  // Appends the ids of `text`, whose spaces are "▁" already.
  void Encode(std::string_view text, MergeScratch& scratch, WordMemo& memo, std::vector<int32_t>& out) const;

 private:
  std::optional<MergeProposal> ByScore(std::string_view text, const Symbol& left, const Symbol& right) const;
  void FindJoins();
  void Merge(std::string_view word, MergeScratch& scratch, std::vector<int32_t>& out) const;
  void AppendUnknown(std::string_view character, size_t first, std::vector<int32_t>& out) const;

  const Vocabulary* vocabulary_;
  TokenIndex index_;
  RankedMerges merges_;
  bool by_score_;
  std::vector<uint32_t> keys_;             // of MergeProposal, by token: lowest for the highest score
  size_t longest_token_ = 0;               // bytes
  std::array<int32_t, 256> id_of_byte_{};  // "<0x00>" to "<0xFF>", or -1
  // No token has a "▁" behind a character that ends with a byte other than these, so no merge crosses such a place, and the
  // text can be cut there. In most vocabularies "▁" only begins a token.
  std::array<bool, 256> joins_space_{};
};

}  // namespace bantam
