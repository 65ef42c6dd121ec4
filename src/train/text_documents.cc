#include "train/text_documents.h"

#include <algorithm>

#include "base/error.h"

namespace bantam {
namespace {

std::string_view WithoutLineBreaks(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string_view> SplitTextDocuments(std::string_view text) {
  std::vector<std::string_view> documents;
  while (!text.empty()) {
    const size_t end = text.find(kDocumentEnd);
    const std::string_view document = WithoutLineBreaks(text.substr(0, end));
    if (!document.empty()) documents.push_back(document);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kDocumentEnd.size());
  }
  return documents;
}

int32_t DocumentEnd(const Vocabulary& vocabulary) {
  const auto found = std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(), kDocumentEnd);
  if (found != vocabulary.tokens.end()) return static_cast<int32_t>(found - vocabulary.tokens.begin());
  if (vocabulary.eos) return *vocabulary.eos;
  Fail(ErrorCode::kUnsupported, "the tokenizer has no token that ends a document", vocabulary.source,
       "it needs <|endoftext|> or an EOS token");
}

TokenizedDocument EncodeTextDocument(std::string_view text, const Tokenizer& tokenizer, int32_t end) {
  TokenizedDocument document;
  document.tokens = tokenizer.Encode(text);
  if (document.tokens.empty() || document.tokens.back() != end) document.tokens.push_back(end);
  return document;
}

}  // namespace bantam
