// Finds added tokens ("<|im_start|>", "<s>") in a text, before anything else looks at it.
//
// Hugging Face: from left to right, the longest at each place; lstrip and rstrip take the white space beside a token,
// single_word wants no word character beside it. llama.cpp: token after token, longest text first, each at every place
// that no earlier one took; user-defined tokens always, control and unknown ones only when asked.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "text/byte_trie.h"
#include "text/vocabulary.h"

namespace bantam {

struct Section {
  std::string_view text;
  int32_t token = -1;  // an added token, or -1: text to tokenize
};

class AddedTokens {
 public:
  AddedTokens(std::vector<AddedToken> tokens, TokenizerRules rules);

  bool empty() const { return tokens_.empty(); }
  // Sections of a text in order, none of them empty but for those that are tokens. Special tokens are found only under
  // parse_special.
  std::vector<Section> Split(std::string_view text, bool parse_special) const;

 private:
  struct Found {
    size_t begin, end;
    int32_t token;
  };

  std::vector<Found> FindLeftToRight(std::string_view text, bool parse_special) const;
  std::vector<Found> FindTokenByToken(std::string_view text, bool parse_special) const;

  std::vector<AddedToken> tokens_;  // llama.cpp: longest text first
  TokenizerRules rules_;
  ByteTrie trie_;  // to indices of tokens_
};

}  // namespace bantam
