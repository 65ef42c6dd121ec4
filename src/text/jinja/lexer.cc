#include "text/jinja/lexer.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "text/jinja/string_literal.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

// "\r\n" and "\r" become "\n"; one newline at the very end is dropped.
std::string NormalizeNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
      out += '\n';
    } else {
      out += source[i];
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  Lexer(std::string_view source, const std::string& name) : source_(NormalizeNewlines(source)), name_(name) {}

  std::vector<Token> Run() {
    while (position_ < source_.size()) LexText();
    Emit(TokenType::kEnd, "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void FailHere(std::string what) const { Fail(ErrorCode::kFormat, std::move(what), At(name_, line_)); }

  std::string_view Rest() const { return std::string_view(source_).substr(position_); }
  char Current() const { return position_ < source_.size() ? source_[position_] : '\0'; }
  char CharAt(size_t position) const { return position < source_.size() ? source_[position] : '\0'; }
  bool Follows(size_t position, std::string_view text) const {
    return std::string_view(source_).substr(std::min(position, source_.size())).starts_with(text);
  }
  size_t SkipSpace(size_t position) const {
    return source_.size() - TrimSpaceLeft(std::string_view(source_).substr(position)).size();
  }

  void Emit(TokenType type, std::string text) {
    tokens_.push_back({.type = type, .line = line_, .text = std::move(text)});
  }

  // Moves to `end`, counting lines.
  void Advance(size_t end) {
    line_ += static_cast<int>(std::count(source_.begin() + position_, source_.begin() + end, '\n'));
    position_ = end;
  }

  // ---- Text and the tags in it

  void LexText() {
    size_t tag = position_;
    while ((tag = source_.find('{', tag)) != std::string::npos) {
      const char next = CharAt(tag + 1);
      if (next == '%' || next == '{' || next == '#') break;
      ++tag;
    }
    if (tag == std::string::npos) {
      Emit(TokenType::kData, source_.substr(position_));
      return Advance(source_.size());
    }
    const char kind = source_[tag + 1];
    const char sign = CharAt(tag + 2) == '-' || CharAt(tag + 2) == '+' ? source_[tag + 2] : '\0';
    EmitTextBefore(tag, sign, kind != '{');
    const size_t inside = tag + 2 + (sign != '\0' ? 1 : 0);
    if (kind == '#') {
      Advance(inside);
      return LexComment();
    }
    if (kind == '%') {
      if (const std::optional<size_t> raw = RawTagEnd(inside)) {
        Advance(*raw);
        line_starting_ = source_[*raw - 1] == '\n';
        return LexRaw();
      }
    }
    Emit(kind == '%' ? TokenType::kBlockBegin : TokenType::kVariableBegin, "");
    Advance(inside);
    LexTag(kind == '%');
  }

  // The text from here to the tag at `tag`, cut as the tag's sign says.
  void EmitTextBefore(size_t tag, char sign, bool strips_indentation) {
    const std::string_view text = std::string_view(source_).substr(position_, tag - position_);
    std::string_view kept = text;
    if (sign == '-') {
      kept = TrimSpaceRight(text);
    } else if (sign != '+' && strips_indentation) {
      const size_t line_start = text.rfind('\n') + 1;  // npos + 1 == 0
      if ((line_start > 0 || line_starting_) && TrimSpaceLeft(text.substr(line_start)).empty()) {
        kept = text.substr(0, line_start);
      }
    }
    if (!kept.empty()) Emit(TokenType::kData, std::string(kept));
    Advance(tag);
  }

  // Where a tag that stops at `percent_or_hash` ends, with what its sign and trim_blocks drop: "-%}   " or "%}\n".
  size_t TagEnd(size_t closing, char sign) const {
    if (sign == '-') return SkipSpace(closing + 2);
    return closing + 2 + (sign != '+' && CharAt(closing + 2) == '\n' ? 1 : 0);
  }

  void LexComment() {
    const size_t closing = source_.find("#}", position_);
    if (closing == std::string::npos) FailHere("a comment is not closed by #}");
    const char before = closing > position_ ? source_[closing - 1] : '\0';
    Advance(TagEnd(closing, before));
    line_starting_ = source_[position_ - 1] == '\n';
  }

  // After "{%" and its sign: the end of a raw tag, if that is what stands here. The newline after it is kept.
  std::optional<size_t> RawTagEnd(size_t inside) const {
    size_t at = SkipSpace(inside);
    if (!Follows(at, "raw")) return {};
    at = SkipSpace(at + 3);
    if (Follows(at, "-%}")) return SkipSpace(at + 3);
    if (Follows(at, "%}")) return at + 2;
    return {};
  }

  void LexRaw() {
    for (size_t tag = position_; (tag = source_.find("{%", tag)) != std::string::npos; ++tag) {
      size_t at = tag + 2;
      const char sign = CharAt(at) == '-' || CharAt(at) == '+' ? source_[at++] : '\0';
      at = SkipSpace(at);
      if (!Follows(at, "endraw")) continue;
      at = SkipSpace(at + 6);
      const char end_sign = CharAt(at) == '-' || CharAt(at) == '+' ? source_[at++] : '\0';
      if (!Follows(at, "%}")) continue;
      EmitTextBefore(tag, sign, true);
      Advance(TagEnd(at, end_sign));
      line_starting_ = source_[position_ - 1] == '\n';
      return;
    }
    FailHere("a raw block is not closed by endraw");
  }

  // ---- Inside a tag

  void LexTag(bool is_block) {
    std::string open;  // brackets that are open: tags end only outside them
    while (position_ < source_.size()) {
      if (open.empty() && EndTag(is_block)) return;
      const char c = Current();
      if (IsSpace(DecodeUtf8(Rest()).value)) {
        Advance(SkipSpace(position_));
      } else if (IsAsciiDigit(c)) {
        LexNumber();
      } else if (IsIdentifierStart(DecodeUtf8(Rest()).value)) {
        LexName();
      } else if (c == '\'' || c == '"') {
        LexString(c);
      } else {
        LexOperator(open);
      }
    }
  }

  bool EndTag(bool is_block) {
    const char sign = Current() == '-' || (is_block && Current() == '+') ? Current() : '\0';
    const size_t closing = position_ + (sign != '\0' ? 1 : 0);
    if (!Follows(closing, is_block ? "%}" : "}}")) return false;
    Emit(is_block ? TokenType::kBlockEnd : TokenType::kVariableEnd, "");
    // trim_blocks drops the newline after a block only.
    Advance(TagEnd(closing, is_block || sign == '-' ? sign : '+'));
    line_starting_ = source_[position_ - 1] == '\n';
    return true;
  }

  // Digits with single underscores between them, from `at` on; returns where they end.
  size_t DigitsEnd(size_t at) const {
    while (IsAsciiDigit(CharAt(at)) ||
           (CharAt(at) == '_' && IsAsciiDigit(CharAt(at + 1)) && IsAsciiDigit(CharAt(at - 1)))) {
      ++at;
    }
    return at;
  }

  void LexNumber() {
    const size_t start = position_;
    size_t end = DigitsEnd(start);
    bool is_float = false;
    if (start == 0 || source_[start - 1] != '.') {  // in a.0.1 the digits are items, not a fraction
      if (CharAt(end) == '.' && IsAsciiDigit(CharAt(end + 1))) {
        end = DigitsEnd(end + 1);
        is_float = true;
      }
      size_t exponent = end;
      if (CharAt(exponent) == 'e' || CharAt(exponent) == 'E') {
        ++exponent;
        if (CharAt(exponent) == '+' || CharAt(exponent) == '-') ++exponent;
        if (IsAsciiDigit(CharAt(exponent))) {
          end = DigitsEnd(exponent);
          is_float = true;
        }
      }
    }
    if (!is_float) return LexInteger();
    std::string digits = source_.substr(start, end - start);
    std::erase(digits, '_');
    Emit(TokenType::kFloat, digits);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), tokens_.back().real).ec != std::errc()) {
      FailHere("the number " + digits + " is out of range");
    }
    Advance(end);
  }

  void LexInteger() {
    int base = 10;
    const char marker = static_cast<char>(CharAt(position_ + 1) | 0x20);  // lower case
    if (Current() == '0' && (marker == 'x' || marker == 'o' || marker == 'b')) {
      base = marker == 'x' ? 16 : marker == 'o' ? 8 : 2;
    }
    const auto is_digit = [&](char c) {
      const int value = IsAsciiDigit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
      return value < base;
    };
    size_t at = position_ + (base == 10 ? 0 : 2);
    const bool zeros_only = base == 10 && Current() == '0';  // 007 is the number 00 and then a 7: a syntax error later
    std::string digits;
    while (true) {
      const size_t next = at + (CharAt(at) == '_' ? 1 : 0);
      if (!is_digit(CharAt(next)) || (zeros_only && CharAt(next) != '0')) break;
      digits += source_[next];
      at = next + 1;
    }
    if (digits.empty()) {  // 0x without digits: the number 0 and then a name
      digits = "0";
      base = 10;
      at = position_ + 1;
    }
    Emit(TokenType::kInteger, digits);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), tokens_.back().integer, base).ec != std::errc()) {
      Fail(ErrorCode::kUnsupported, "the integer " + digits + " needs more than 64 bits", At(name_, line_));
    }
    Advance(at);
  }

  void LexName() {
    size_t end = position_;
    while (end < source_.size()) {
      const CodePoint point = DecodeUtf8(std::string_view(source_).substr(end));
      if (!IsIdentifierPart(point.value)) break;
      end += point.length;
    }
    Emit(TokenType::kName, source_.substr(position_, end - position_));
    Advance(end);
  }

  void LexString(char quote) {
    size_t end = position_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) FailHere("a string is not closed");
    const std::string_view raw = std::string_view(source_).substr(position_ + 1, end - position_ - 1);
    Emit(TokenType::kString, "");
    const std::string problem = DecodeStringLiteral(raw, tokens_.back().text);
    if (!problem.empty()) FailHere(problem);
    Advance(end + 1);
  }

  void LexOperator(std::string& open) {
    constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
    constexpr std::string_view kOne = "+-*/%~[](){}><=.:|,;";
    size_t length = 0;
    for (const std::string_view candidate : kTwo) {
      if (Follows(position_, candidate)) length = 2;
    }
    if (length == 0 && kOne.find(Current()) != std::string_view::npos) length = 1;
    if (length == 0) {
      FailHere("unexpected character '" + std::string(Rest().substr(0, DecodeUtf8(Rest()).length)) + "'");
    }
    const std::string text = source_.substr(position_, length);
    if (text == "(" || text == "[" || text == "{") open += text == "(" ? ')' : text == "[" ? ']' : '}';
    if (text == ")" || text == "]" || text == "}") {
      if (open.empty() || open.back() != text[0]) FailHere("unexpected '" + text + "'");
      open.pop_back();
    }
    Emit(TokenType::kOperator, text);
    Advance(position_ + length);
  }

  const std::string source_;
  const std::string& name_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  int line_ = 1;
  bool line_starting_ = true;  // only dropped text stands between here and the start of a line
};

}  // namespace

std::vector<Token> Tokenize(std::string_view source, const std::string& name) { return Lexer(source, name).Run(); }

std::string Describe(const Token& token) {
  switch (token.type) {
    case TokenType::kData:
      return "template text";
    case TokenType::kVariableBegin:
      return "'{{'";
    case TokenType::kVariableEnd:
      return "'}}'";
    case TokenType::kBlockBegin:
      return "'{%'";
    case TokenType::kBlockEnd:
      return "'%}'";
    case TokenType::kString:
      return "a string";
    case TokenType::kEnd:
      return "the end of the template";
    default:
      return "'" + token.text + "'";
  }
}

std::string At(const std::string& name, int line) { return name + ", line " + std::to_string(line); }

}  // namespace bantam::jinja
