#include "measure/windows.h"

#include <algorithm>

#include "base/error.h"

namespace bantam {

int64_t WindowSet::scored() const {
  int64_t sum = 0;
  for (const Window& window : windows) sum += window.scored();
  return sum;
}

WindowSet CutWindows(std::span<const int32_t> tokens, int64_t context, std::optional<int32_t> bos, int64_t limit) {
  // With 4 tokens one position is scored: i = 2 against the last token.
  if (context < 4) Fail(ErrorCode::kUsage, "a window needs at least 4 tokens", "--ctx-size");
  const int64_t count = static_cast<int64_t>(tokens.size());
  if (count < 2 * context) {
    Fail(ErrorCode::kUsage,
         "the text has " + std::to_string(count) + " tokens, two windows of " + std::to_string(context) + " need " +
             std::to_string(2 * context),
         "--ctx-size", "take a longer text or a smaller --ctx-size, or score separate texts with --documents");
  }
  WindowSet set;
  set.mode = "windows";
  set.context = context;
  const int64_t pieces = limit > 0 ? std::min(limit, count / context) : count / context;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const auto part = tokens.subspan(piece * context, context);
    Window window{{part.begin(), part.end()}, context / 2};
    if (bos) window.tokens.front() = *bos;
    set.windows.push_back(std::move(window));
  }
  return set;
}

WindowSet CutDocuments(std::span<const std::string_view> texts, const Tokenizer& tokenizer, int64_t context,
                       int64_t limit) {
  if (context < 2) Fail(ErrorCode::kUsage, "a document needs at least 2 tokens of context", "--ctx-size");
  WindowSet set;
  set.mode = "documents";
  set.context = context;
  for (const std::string_view text : texts) {
    if (limit > 0 && static_cast<int64_t>(set.windows.size()) >= limit) break;
    Window window{tokenizer.Encode(text), 0};
    const size_t added = tokenizer.vocabulary().template_after.size();
    window.tokens.resize(window.tokens.size() - std::min(added, window.tokens.size()));
    if (window.tokens.size() < 2) continue;
    if (static_cast<int64_t>(window.tokens.size()) > context) {
      window.tokens.resize(context);
      ++set.truncated_documents;
    }
    set.windows.push_back(std::move(window));
  }
  if (set.windows.empty()) Fail(ErrorCode::kUsage, "no document of two tokens or more in the text", "--file");
  return set;
}

std::vector<std::string_view> SplitDocuments(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view part) {
    if (!part.empty()) parts.push_back(part);
  };
  size_t part_begin = 0, line_begin = 0;
  while (line_begin < text.size()) {
    const size_t line_end = std::min(text.find('\n', line_begin), text.size());
    if (text.substr(line_begin, line_end - line_begin) == separator) {
      // The line break before the separator is not part of the document.
      const size_t part_end = line_begin > part_begin ? line_begin - 1 : part_begin;
      add(text.substr(part_begin, part_end - part_begin));
      part_begin = std::min(line_end + 1, text.size());
    }
    line_begin = line_end + 1;
  }
  add(text.substr(part_begin));
  return parts;
}

}  // namespace bantam
