// Plain text as training documents: files in which documents are separated by <|endoftext|>.
#pragma once

#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer_json_writer.h"
#include "train/token_set.h"

namespace bantam {

// The parts between kDocumentEnd wherever it stands (measure/windows.h's separators are lines of the user's choice), without the
// line breaks around it and at the end of the file. Empty parts are left out.
std::vector<std::string_view> SplitTextDocuments(std::string_view text);

// The token that ends a document: the separator's where the vocabulary has it, else EOS. kUnsupported when it has neither.
int32_t DocumentEnd(const Vocabulary& vocabulary);

// As a prompt is encoded (with BOS where the vocabulary adds one), and `end`. Special tokens written out in the text stay text.
TokenizedDocument EncodeTextDocument(std::string_view text, const Tokenizer& tokenizer, int32_t end);

}  // namespace bantam
