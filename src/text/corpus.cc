#include "text/corpus.h"

#include <fmt/core.h>
#include <utf8proc.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

namespace bantam {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

void CheckUtf8(std::string_view text, const std::string& where) {
  if (IsValidUtf8(text)) return;
  size_t at = 0;
  for (CodePoint point = DecodeUtf8(text); point.valid; point = DecodeUtf8(text.substr(at)))
    at += static_cast<size_t>(point.length);
  Fail(ErrorCode::kFormat, fmt::format("is not UTF-8: byte 0x{:02X} at offset {}", static_cast<uint8_t>(text[at]), at),
       where);
}

bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Neither white space nor a control or format character, some of which count as white space.
bool EndsVisibly(std::string_view text) {
  size_t last = text.size() - 1;
  while (last > 0 && (static_cast<uint8_t>(text[last]) & 0xC0) == 0x80) --last;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(DecodeUtf8(text.substr(last)).value))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
      return false;
    default:
      return true;
  }
}

// The first place at `from` (> 0) or later where the text may be cut, or its end.
size_t FindCut(std::string_view text, size_t from) {
  for (size_t at = from; at < text.size(); ++at) {
    if (IsAsciiSpace(text[at]) && EndsVisibly(text.substr(0, at))) return at;
  }
  return text.size();
}

void ReadText(std::string_view text, const CorpusVisitor& visit) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = FindCut(text, begin + kPieceBytes);
    visit(text.substr(begin, end - begin), end - begin);
    begin = end;
  }
}

// The texts of a line; a message without content (a tool call) has none.
std::vector<std::string> TextsOf(const Json& line, const std::string& where) {
  std::vector<std::string> texts;
  bool known = false;
  for (const char* key : {"text", "prompt", "completion"}) {
    if (!line.is_object() || !line.contains(key)) continue;
    known = true;
    texts.push_back(Get<std::string>(line, key, where));
  }
  if (line.is_object() && line.contains("messages")) {
    known = true;
    if (!line["messages"].is_array()) Fail(ErrorCode::kFormat, "\"messages\" is not a list", where);
    for (const Json& message : line["messages"]) texts.push_back(Get<std::string>(message, "content", where, ""));
  }
  if (!known) {
    Fail(ErrorCode::kFormat, "is not an object with \"text\", \"prompt\", \"completion\" or \"messages\"", where);
  }
  return texts;
}

void ReadJsonLines(std::string_view text, const std::string& file, const CorpusVisitor& visit) {
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = text.substr(begin, end - begin);
    const std::string where = fmt::format("{}, line {}", file, ++number);
    uint64_t bytes = line.size();
    if (!std::all_of(line.begin(), line.end(), IsAsciiSpace)) {
      for (const std::string& part : TextsOf(ParseJson(line, where), where)) visit(part, std::exchange(bytes, 0));
    }
    begin = end;
  }
}

}  // namespace

void ReadCorpus(const std::filesystem::path& path, const CorpusVisitor& visit) {
  const auto file = MappedFile::Open(path);
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  CheckUtf8(text, path.string());
  if (path.extension() == ".jsonl") {
    ReadJsonLines(text, path.string(), visit);
  } else {
    ReadText(text, visit);
  }
}

}  // namespace bantam
