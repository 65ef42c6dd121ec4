// A data set as tokens: documents one after another, and for conversations which tokens the model has to say.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "train/token_array.h"

namespace bantam {

// One document. `completion` has one flag per token, or is empty when every token counts fully.
struct TokenizedDocument {
  std::vector<int32_t> tokens;
  std::vector<uint8_t> completion;
};

class TokenSet {
 public:
  explicit TokenSet(int64_t vocab_size) : tokens_(vocab_size) {}

  // Either all documents have flags or none has.
  void Append(const TokenizedDocument& document);

  int64_t documents() const { return static_cast<int64_t>(begin_.size()) - 1; }
  int64_t begin(int64_t document) const { return begin_[document]; }
  int64_t end(int64_t document) const { return begin_[document + 1]; }
  int64_t tokens() const { return tokens_.size(); }
  int32_t token(int64_t i) const { return tokens_[i]; }
  bool is_completion(int64_t i) const { return completion_.empty() || completion_[i]; }

 private:
  TokenArray tokens_;
  std::vector<bool> completion_;
  std::vector<int64_t> begin_ = {0};
};

// Encodes `count` documents on all threads and appends them in order. `encode` may throw.
void AppendDocuments(int64_t count, const std::function<TokenizedDocument(int64_t index)>& encode, TokenSet& set);

}  // namespace bantam
