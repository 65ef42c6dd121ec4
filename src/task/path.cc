#include "task/path.h"

#include <fmt/core.h>

#include <charconv>

#include "base/error.h"

namespace bantam {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsStepByte(char c) { return IsLetter(c) || IsDigit(c) || c == '-'; }

int64_t IndexOf(std::string_view step) {
  int64_t index = -1;
  const auto [end, status] = std::from_chars(step.data(), step.data() + step.size(), index);
  return status == std::errc() && end == step.data() + step.size() && index >= 0 ? index : -1;
}

}  // namespace

size_t PathLength(std::string_view text) {
  if (text.empty() || !IsLetter(text[0])) return 0;
  size_t length = 0;
  while (length < text.size() && (IsStepByte(text[length]) ||
                                  (text[length] == '.' && length + 1 < text.size() && IsStepByte(text[length + 1])))) {
    ++length;
  }
  return length;
}

Path ParsePath(std::string_view text, const std::string& where) {
  if (text.empty() || PathLength(text) != text.size()) {
    Fail(ErrorCode::kFormat, fmt::format("\"{}\" is no path", text.substr(0, 60)), where,
         "a path is node, node.field, node.0.field or file.key");
  }
  Path path;
  path.text = text;
  while (true) {
    const size_t dot = text.find('.');
    const std::string_view step = text.substr(0, dot);
    path.steps.push_back({std::string(step), IndexOf(step)});
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace bantam
