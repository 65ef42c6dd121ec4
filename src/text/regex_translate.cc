#include "text/regex_translate.h"

#include <fmt/core.h>

#include <array>
#include <vector>

#include "base/error.h"

namespace bantam {
namespace {

// Unicode's White_Space and its complement, as the inside of a class.
constexpr std::string_view kSpaces =
    "\\x09-\\x0d\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr std::string_view kNotSpaces =
    "\\x00-\\x08\\x0e-\\x1f\\x21-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}"
    "-"
    "\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";
constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view kCallout = "(?C)";

constexpr size_t kMaximalPatternBytes = 1 << 16;
constexpr size_t kMaximalDepth = 200;  // of groups; PCRE2's own limit is 250

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char OtherCase(char c) { return static_cast<char>(c ^ 0x20); }

class Translator {
 public:
  Translator(std::string_view pattern, const std::string& where) : in_(pattern), where_(where) {}

  TranslatedRegex Run() {
    if (in_.size() > kMaximalPatternBytes) {
      Fail(ErrorCode::kUnsupported,
           fmt::format("a regex of {} bytes, {} are the most", in_.size(), kMaximalPatternBytes), where_);
    }
    while (at_ < in_.size()) Step();
    if (!groups_.empty()) Broken("a group is not closed", groups_.back().at);
    return {std::move(out_), names_categories_};
  }

 private:
  struct Group {
    size_t at;         // in the source
    size_t atom;       // in the output
    bool fold;         // what held outside
    bool look_behind;  // no callouts inside: they would not be counted as characters by every PCRE2
  };

  void Step() {
    const char c = in_[at_];
    switch (c) {
      case '\\':
        return Escape();
      case '[':
        return Class();
      case '(':
        return Open();
      case ')':
        return Close();
      case '|':
        ++at_;
        out_ += '|';
        atom_ = std::string::npos;
        return;
      case '^':
      case '$':
        ++at_;
        return Atom(c == '^' ? "(?m:^)" : "(?m:$)");
      case '*':
      case '+':
      case '?':
        return Quantifier();
      case '{':
        return Brace();
      default:
        ++at_;
        if (fold_ && IsLetter(c)) return Atom(std::string{'[', c, OtherCase(c), ']'});
        if (c == '}' || c == ']') return Atom(std::string{'\\', c});
        return Character(c);
    }
  }

  // A literal character, of which only the first byte begins an atom.
  void Character(char c) {
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) atom_ = out_.size();
    out_ += c;
  }

  void Atom(std::string_view text) {
    atom_ = out_.size();
    out_ += text;
  }

  [[noreturn]] void Broken(const std::string& what, size_t at) const {
    Fail(ErrorCode::kFormat, fmt::format("broken regex: {} at offset {} of \"{}\"", what, at, in_), where_);
  }
  [[noreturn]] void Unsupported(const std::string& what, size_t at) const {
    Fail(ErrorCode::kUnsupported, fmt::format("regex construct {} at offset {} of \"{}\"", what, at, in_), where_);
  }

  // The escape at at_: its text, with at_ moved past it. `inside`: in a class.
  std::string TakeEscape(bool inside) {
    const size_t begin = at_;
    if (begin + 1 >= in_.size()) Broken("an escape is cut off", begin);
    const char c = in_[begin + 1];
    at_ += 2;
    const auto set = [&](std::string_view positive) {
      return inside ? std::string(positive) : fmt::format("[{}]", positive);
    };
    switch (c) {
      case 's':
        return set(kSpaces);
      case 'S':
        return set(kNotSpaces);
      case 'd':
      case 'D':
        names_categories_ = true;
        return c == 'd' ? "\\p{Nd}" : "\\P{Nd}";
      case 'w':
        names_categories_ = true;
        return set(kWord);
      case 'W':
        if (inside) Unsupported("\\W in a class", begin);
        names_categories_ = true;
        return fmt::format("[^{}]", kWord);
      case 'p':
      case 'P':
        names_categories_ = true;
        return fmt::format("\\{}{}", c, TakeBraced(begin));
      case 'x':
        return CodePoint(begin, 2);
      case 'u':
        return CodePoint(begin, 4);
      case 'v':
        return "\\x0b";
      case 'n':
      case 'r':
      case 't':
      case 'f':
      case 'a':
      case 'e':
        return std::string{'\\', c};
      case 'b':
      case 'B':
      case 'A':
      case 'z':
      case 'Z':
        if (inside) Unsupported(fmt::format("\\{} in a class", c), begin);
        names_categories_ = true;  // a border of words
        return std::string{'\\', c};
      default:
        if (IsLetter(c) || IsDigit(c)) Unsupported(fmt::format("\\{}", c), begin);
        if (static_cast<uint8_t>(c) >= 0x80) return {c};  // an escaped character that needs no escape
        return std::string{'\\', c};
    }
  }

  // "{...}" at at_, of letters, digits and what property names have.
  std::string TakeBraced(size_t begin) {
    const size_t end = in_.find('}', at_);
    if (at_ >= in_.size() || in_[at_] != '{' || end == std::string_view::npos) Broken("\\p needs {name}", begin);
    const std::string text(in_.substr(at_, end + 1 - at_));
    at_ = end + 1;
    return text;
  }

  // \xHH, \uHHHH or \x{H...}: the digits begin at at_.
  std::string CodePoint(size_t begin, size_t digits) {
    if (at_ < in_.size() && in_[at_] == '{') return "\\x" + TakeBraced(begin);
    for (size_t i = 0; i < digits; ++i) {
      if (at_ + i >= in_.size() || !IsHex(in_[at_ + i])) Broken(fmt::format("{} hex digits are needed", digits), begin);
    }
    const auto text = fmt::format("\\x{{{}}}", in_.substr(at_, digits));
    at_ += digits;
    return text;
  }

  void Escape() { Atom(TakeEscape(false)); }

  void Class() {
    const size_t begin = at_++;
    std::string text = "[";
    if (at_ < in_.size() && in_[at_] == '^') {
      text += '^';
      ++at_;
    }
    bool first = true;
    for (;; first = false) {
      if (at_ >= in_.size()) Broken("a class is not closed", begin);
      const char c = in_[at_];
      if (c == ']' && !first) break;
      if (c == '[') Unsupported("a class inside a class", at_);
      if (c == '&' && in_.substr(at_, 2) == "&&") Unsupported("&&", at_);
      if (c == '\\') {
        text += TakeEscape(true);
      } else if (fold_ && IsLetter(c)) {
        text += FoldedLetters();
      } else {
        if (c == ']') text += '\\';
        text += c;
        ++at_;
      }
    }
    ++at_;
    Atom(text + "]");
  }

  // A letter or a range of letters in a class, in both cases.
  std::string FoldedLetters() {
    const char low = in_[at_];
    const bool range = at_ + 2 < in_.size() && in_[at_ + 1] == '-' && in_[at_ + 2] != ']';
    if (!range) {
      ++at_;
      return {low, OtherCase(low)};
    }
    const char high = in_[at_ + 2];
    if (!IsLetter(high) || (low & 0x20) != (high & 0x20)) Unsupported("a range that is not of letters under (?i", at_);
    at_ += 3;
    return {low, '-', high, OtherCase(low), '-', OtherCase(high)};
  }

  void Open() {
    static constexpr std::array<std::string_view, 6> kPrefixes = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"};
    if (groups_.size() >= kMaximalDepth) Unsupported("groups nested too deep", at_);
    Group group{at_, out_.size(), fold_, look_behind_};
    const std::string_view rest = in_.substr(at_);
    std::string_view prefix = "(";
    if (rest.starts_with("(?i:")) {
      fold_ = true;
      out_ += "(?:";
      at_ += 4;
      groups_.push_back(group);
      atom_ = std::string::npos;
      return;
    }
    if (rest.starts_with("(?") || rest.starts_with("(*")) {
      prefix = {};
      for (const auto known : kPrefixes) {
        if (rest.starts_with(known)) prefix = known;
      }
      if (prefix.empty()) Unsupported(std::string(rest.substr(0, 4)), at_);
    }
    if (prefix.starts_with("(?<")) look_behind_ = true;
    out_ += prefix == "(" ? "(?:" : prefix;  // nothing is captured
    at_ += prefix.size();
    groups_.push_back(group);
    atom_ = std::string::npos;
  }

  void Close() {
    if (groups_.empty()) Broken("a group is closed that was not opened", at_);
    const Group group = groups_.back();
    groups_.pop_back();
    fold_ = group.fold;
    look_behind_ = group.look_behind;
    out_ += ')';
    ++at_;
    atom_ = group.atom;
    if (at_ >= in_.size() || std::string_view("*+?{").find(in_[at_]) == std::string_view::npos) Count();
  }

  void Quantifier() {
    if (atom_ == std::string::npos) Broken("a quantifier has nothing to repeat", at_);
    out_ += in_[at_++];
    TakeMode();
  }

  // Lazy '?' and possessive '+' after a quantifier.
  void TakeMode() {
    if (at_ < in_.size() && (in_[at_] == '?' || in_[at_] == '+')) out_ += in_[at_++];
    Count();
  }

  // "{n}", "{n,}", "{n,m}" or "{,m}"; any other brace is a character.
  void Brace() {
    size_t end = at_ + 1;
    int commas = 0, digits = 0;
    while (end < in_.size() && (IsDigit(in_[end]) || in_[end] == ',')) {
      in_[end] == ',' ? ++commas : ++digits;
      ++end;
    }
    if (atom_ == std::string::npos || end >= in_.size() || in_[end] != '}' || commas > 1 || digits == 0) {
      ++at_;
      return Atom("\\{");
    }
    std::string range(in_.substr(at_, end + 1 - at_));
    if (range[1] == ',') range.insert(1, "0");
    at_ = end + 1;
    out_ += range;
    if (at_ < in_.size() && in_[at_] == '+') {
      out_.insert(atom_, "(?:");
      out_ += ")+";
      ++at_;
      return Count();
    }
    TakeMode();
  }

  void Count() {
    if (!look_behind_) out_ += kCallout;
  }

  std::string_view in_;
  const std::string& where_;
  size_t at_ = 0;
  std::string out_;
  size_t atom_ = std::string::npos;  // where the last atom begins in out_
  bool fold_ = false, look_behind_ = false, names_categories_ = false;
  std::vector<Group> groups_;
};

}  // namespace

TranslatedRegex TranslateRegex(std::string_view pattern, const std::string& where) {
  return Translator(pattern, where).Run();
}

}  // namespace bantam
