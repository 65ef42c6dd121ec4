// Files of text to train on: plain text, or JSON lines (*.jsonl) of documents and conversations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace bantam {

// Calls visit(text, bytes) for the texts of a file in order; `bytes` of the file have been used up since the last call.
// Plain text comes in pieces of about a megabyte, cut before white space that follows something else: no word of GPT-2's
// pre-tokenizer reaches across such a place, so the pieces have the words of the whole.
//
// A line of a *.jsonl file is an object with "text", with "prompt" and "completion", or with "messages", whose "content"
// counts. kFormat naming file and offset for text that is not UTF-8, file and line for a line that is not such an object.
using CorpusVisitor = std::function<void(std::string_view text, uint64_t bytes)>;
void ReadCorpus(const std::filesystem::path& path, const CorpusVisitor& visit);

}  // namespace bantam
