// What a Tokenizer holds, for the files that implement it.
#pragma once

#include <optional>

#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"
#include "text/sentencepiece_bpe.h"
#include "text/token_pieces.h"
#include "text/tokenizer.h"

namespace bantam {

struct Tokenizer::Impl {
  // What one call of Encode works with.
  struct Job;

  explicit Impl(Vocabulary v);

  void EncodeSection(std::string_view text, Job& job) const;
  void EncodeLlamaCpp(std::string_view text, Job& job) const;
  void EncodeWords(std::string_view text, Job& job) const;
  void CheckId(int32_t id) const;

  Vocabulary vocabulary;
  TokenPieces pieces;
  AddedTokens added;  // found in the raw text
  Normalizer normalizer;
  AddedTokens normalized_added;  // found in the normalized text
  PreTokenizer pre_tokenizer;
  std::optional<ByteLevelBpe> byte_level;
  std::optional<SentencePieceBpe> sentence_piece;
};

}  // namespace bantam
