#include "task/template.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/error.h"

namespace bantam {
namespace {

constexpr std::string_view kEscapable = "{}[]<>|*\\";
constexpr int kMaximalDepth = 64;

class TemplateParser {
 public:
  TemplateParser(std::string_view text, const std::string& where, bool rules)
      : text_(text), where_(where), rules_(rules) {}

  Template Parse() {
    Template result = Sequence();
    if (at_ < text_.size()) FailHere("\"]\" without \"[\"", "write \\] for the character");
    return result;
  }

 private:
  [[noreturn]] void FailHere(std::string what, std::string hint) const {
    const size_t begin = at_ < 20 ? 0 : at_ - 20;
    const std::string around(text_.substr(begin, 40));
    Fail(ErrorCode::kFormat, fmt::format("{} at character {}, near \"{}\"", what, at_ + 1, around), where_,
         std::move(hint));
  }

  // Up to the end, or inside brackets up to the | or ] that ends the alternative.
  Template Sequence() {
    Template result;
    result.where = where_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ']' || (c == '|' && depth_ > 0)) break;
      if (c == '{') {
        result.pieces.push_back(Insertion());
      } else if (c == '[') {
        result.pieces.push_back(Choice());
      } else if (c == '<' && rules_) {
        result.pieces.push_back(Rule());
      } else {
        AddCharacter(result);
      }
    }
    return result;
  }

  void AddCharacter(Template& result) {
    if (text_[at_] == '}') FailHere("\"}\" without \"{\"", "write \\} for the character");
    if (text_[at_] == '\\') Unescape();
    if (result.pieces.empty() || result.pieces.back().kind != Piece::Kind::kText) result.pieces.emplace_back();
    result.pieces.back().text += text_[at_++];
  }
  // Steps onto the character that the backslash makes literal.
  void Unescape() {
    if (at_ + 1 >= text_.size() || kEscapable.find(text_[at_ + 1]) == std::string_view::npos) {
      FailHere("a lone backslash", "write \\\\ for the character; a line break is a real one, or \\n in double quotes");
    }
    ++at_;
  }

  Piece Insertion() {
    const size_t begin = at_ + 1, length = PathLength(text_.substr(begin));
    if (length == 0) FailHere("\"{\" is not followed by a path", "write \\{ for the character");
    Piece piece{.kind = Piece::Kind::kPath, .path = ParsePath(text_.substr(begin, length), where_)};
    at_ = begin + length;
    while (at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      piece.filters.push_back(ParseFilter(FilterText(), where_));
    }
    if (at_ >= text_.size() || text_[at_] != '}')
      FailHere("\"}\" is expected", "write \\{ for a brace that is no path");
    ++at_;
    return piece;
  }
  std::string FilterText() {
    std::string filter;
    while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != '}') {
      if (text_[at_] == '\\') Unescape();
      filter += text_[at_++];
    }
    return filter;
  }

  Piece Choice() {
    if (++depth_ > kMaximalDepth) FailHere("brackets nested too deeply", "");
    const size_t open = at_;
    Piece piece{.kind = Piece::Kind::kChoice};
    do {
      const size_t begin = ++at_;
      Template alternative = Sequence();
      piece.weights.push_back(TakeWeight(alternative, begin));
      piece.alternatives.push_back(std::move(alternative));
    } while (at_ < text_.size() && text_[at_] == '|');
    if (at_ >= text_.size()) {
      at_ = open;
      FailHere("\"[\" is not closed", "write \\[ for the character");
    }
    ++at_;
    --depth_;
    double total = 0;
    for (const double weight : piece.weights) total += weight;
    if (!(total > 0)) FailHere("no alternative has a weight above 0", "");
    return piece;
  }

  // The trailing *NUMBER of an alternative; 1 without one.
  double TakeWeight(Template& alternative, size_t begin) const {
    if (alternative.pieces.empty() || alternative.pieces.back().kind != Piece::Kind::kText) return 1;
    const std::string_view source = text_.substr(begin, at_ - begin);
    const size_t digits = source.find_last_not_of("0123456789.");
    if (digits == std::string_view::npos || digits + 1 == source.size() || source[digits] != '*') return 1;
    if (digits > 0 && source[digits - 1] == '\\') return 1;
    double weight = 0;
    const std::string number(source.substr(digits + 1));
    char* end = nullptr;
    weight = std::strtod(number.c_str(), &end);
    if (*end != '\0' || !std::isfinite(weight)) FailHere("a weight that is no number", "write \\* for the character");
    std::string& last = alternative.pieces.back().text;
    last.resize(last.size() - (source.size() - digits));
    if (last.empty()) alternative.pieces.pop_back();
    return weight;
  }

  Piece Rule() {
    const size_t begin = at_ + 1, length = PathLength(text_.substr(begin));
    const std::string_view name = text_.substr(begin, length);
    const std::string_view rest = text_.substr(begin + length);
    const bool unique = rest.starts_with(":unique>");
    if (length == 0 || name.find('.') != std::string_view::npos || (!unique && !rest.starts_with(">"))) {
      FailHere("\"<\" is not followed by the name of a rule", "write <rule>, <rule:unique>, or \\< for the character");
    }
    at_ = begin + length + (unique ? std::string_view(":unique>").size() : 1);
    return {.kind = Piece::Kind::kRule, .text = std::string(name), .unique = unique};
  }

  std::string_view text_;
  const std::string& where_;
  bool rules_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Template ParseTemplate(std::string_view text, const std::string& where, bool rules) {
  return TemplateParser(text, where, rules).Parse();
}

bool IsPlainText(std::string_view text) { return text.find_first_of("{}[]\\") == std::string_view::npos; }

void ForEachPiece(Template& text, const std::function<void(Piece&)>& visit) {
  for (Piece& piece : text.pieces) {
    visit(piece);
    for (Template& alternative : piece.alternatives) ForEachPiece(alternative, visit);
  }
}

}  // namespace bantam
