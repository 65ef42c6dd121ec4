// Which positions of a text are scored, and with what context in front of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace bantam {

// One evaluation from an empty context. The logits at position i are scored against tokens[i + 1], for i in
// [first, tokens.size() - 1).
struct Window {
  std::vector<int32_t> tokens;
  int64_t first = 0;

  int64_t scored() const { return static_cast<int64_t>(tokens.size()) - 1 - first; }
};

struct WindowSet {
  std::vector<Window> windows;
  std::string mode;                 // "windows" or "documents"
  int64_t context = 0;              // tokens at most in one window
  int64_t truncated_documents = 0;  // "documents": those longer than the context; what lies beyond it is not scored
  int64_t scored() const;           // positions of all windows
};

// What llama.cpp's perplexity tool scores: the token stream is cut into pieces of exactly `context` tokens, a shorter
// rest is dropped, the first token of each piece is replaced by BOS when `bos` is given, and only the second half is
// scored (i from context / 2), so that every scored token has at least half a context before it. At most `limit` pieces
// (0: all). kUsage when the context is below 4 or the tokens do not fill two pieces: one would say too little about a
// text.
WindowSet CutWindows(std::span<const int32_t> tokens, int64_t context, std::optional<int32_t> bos, int64_t limit);

// Separate texts, each from an empty context with the special tokens the vocabulary adds in front, every token after
// the first one scored. Tokens that the vocabulary adds behind a text (EOS) are left out: the texts may be excerpts. Documents longer
// than the context are cut to it and counted. Texts of fewer than two tokens are left out. kUsage when none is left.
WindowSet CutDocuments(std::span<const std::string_view> texts, const Tokenizer& tokenizer, int64_t context,
                       int64_t limit);

// Parts of `text` between lines that consist of `separator`; the line breaks around it belong to it. Empty parts are
// left out.
std::vector<std::string_view> SplitDocuments(std::string_view text, std::string_view separator);

}  // namespace bantam
