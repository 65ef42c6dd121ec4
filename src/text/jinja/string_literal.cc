#include "text/jinja/string_literal.h"

#include <fmt/core.h>

#include "base/utf8.h"

namespace bantam::jinja {
namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;

// Up to `count` digits of the base from the front; kInvalid unless at least `least` are there.
char32_t TakeDigits(std::string_view& raw, size_t least, size_t count, uint32_t base) {
  char32_t value = 0;
  size_t taken = 0;
  for (; taken < count && taken < raw.size(); ++taken) {
    const char c = raw[taken];
    const uint32_t digit = c >= '0' && c <= '9'                     ? c - '0'
                           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                    : 99;
    if (digit >= base) break;
    value = value * base + digit;
  }
  if (taken < least) return kInvalid;
  raw.remove_prefix(taken);
  return value;
}

// What a one-letter escape stands for; 0 when the letter is none.
char SimpleEscape(char letter) {
  switch (letter) {
    case '\\':
    case '\'':
    case '"':
      return letter;
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return 0;
  }
}

// After the backslash. Returns what is wrong, or nothing.
std::string DecodeEscape(std::string_view& raw, std::string& text) {
  const char letter = raw.front();
  if (letter == '\n') {
    raw.remove_prefix(1);
    return {};
  }
  if (const char simple = SimpleEscape(letter)) {
    text += simple;
    raw.remove_prefix(1);
    return {};
  }
  char32_t value = kInvalid;
  if (letter >= '0' && letter <= '7') {
    value = TakeDigits(raw, 1, 3, 8);
  } else if (letter == 'x' || letter == 'u' || letter == 'U') {
    const size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
    raw.remove_prefix(1);
    value = TakeDigits(raw, digits, digits, 16);
    if (value == kInvalid) return fmt::format("the escape \\{} needs {} hexadecimal digits", letter, digits);
  } else if (letter == 'N') {
    return "the escape \\N{...} is not supported";
  } else {  // not an escape: the backslash stays
    text += '\\';
    const CodePoint point = DecodeUtf8(raw);
    raw.remove_prefix(point.length);
    // Python turns the literal into ASCII first, and so a character beyond it stands here as its own escape.
    const auto code = static_cast<uint32_t>(point.value);
    text += code < 0x80      ? std::string(1, letter)
            : code < 0x100   ? fmt::format("x{:02x}", code)
            : code < 0x10000 ? fmt::format("u{:04x}", code)
                             : fmt::format("U{:08x}", code);
    return {};
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return "an escape names no character of Unicode";
  AppendUtf8(text, value);
  return {};
}

}  // namespace

std::string DecodeStringLiteral(std::string_view raw, std::string& text) {
  while (!raw.empty()) {
    const size_t backslash = std::min(raw.find('\\'), raw.size());
    text += raw.substr(0, backslash);
    raw.remove_prefix(backslash);
    if (raw.empty()) break;
    raw.remove_prefix(1);
    if (raw.empty()) return "a backslash ends the string";
    if (std::string problem = DecodeEscape(raw, text); !problem.empty()) return problem;
  }
  return {};
}

}  // namespace bantam::jinja
