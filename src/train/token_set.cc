#include "train/token_set.h"

#include <algorithm>

#include "math/parallel.h"

namespace bantam {
namespace {

// Documents held twice at a time, once apart and once in the set; enough for every thread to have work.
constexpr int64_t kDocumentsAtOnce = 4096;

}  // namespace

void TokenSet::Append(const TokenizedDocument& document) {
  tokens_.Append(document.tokens);
  completion_.insert(completion_.end(), document.completion.begin(), document.completion.end());
  begin_.push_back(tokens_.size());
}

void AppendDocuments(int64_t count, const std::function<TokenizedDocument(int64_t index)>& encode, TokenSet& set) {
  for (int64_t begin = 0; begin < count; begin += kDocumentsAtOnce) {
    std::vector<TokenizedDocument> documents(std::min(kDocumentsAtOnce, count - begin));
    WorkbenchPool().ForRanges(static_cast<int64_t>(documents.size()), 16, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) documents[i] = encode(begin + i);
    });
    for (const TokenizedDocument& document : documents) set.Append(document);
  }
}

}  // namespace bantam
