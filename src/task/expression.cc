#include "task/expression.h"

#include <fmt/core.h>

#include <utility>

#include "base/error.h"

namespace bantam {

// Recursive descent over the text; nesting is bounded so that the tree can be walked by recursion too.
class Expression::Parser {
 public:
  Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Node Parse() {
    Node node = Or();
    SkipSpaces();
    if (at_ < text_.size()) FailHere("nothing more is expected");
    return node;
  }

 private:
  static constexpr int kMaximalDepth = 64;

  [[noreturn]] void FailHere(std::string_view what) const {
    const std::string rest(text_.substr(at_, 20));
    Fail(ErrorCode::kFormat,
         fmt::format("condition \"{}\": {} {}", text_, what,
                     rest.empty() ? "at its end" : fmt::format("at column {} (\"{}\")", at_ + 1, rest)),
         where_);
  }

  void SkipSpaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool TakeSymbol(std::string_view symbol) {
    SkipSpaces();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  bool TakeWord(std::string_view word) {
    SkipSpaces();
    const std::string_view rest = text_.substr(at_);
    if (PathLength(rest) != word.size() || !rest.starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Node Or() {
    Node left = And();
    while (TakeWord("or")) left = Join(Kind::kOr, std::move(left), And());
    return left;
  }
  Node And() {
    Node left = Not();
    while (TakeWord("and")) left = Join(Kind::kAnd, std::move(left), Not());
    return left;
  }
  // "a and b and c" is one node of three children: a long chain is not deep.
  static Node Join(Kind kind, Node left, Node right) {
    if (left.kind == kind) {
      left.children.push_back(std::move(right));
      return left;
    }
    return Pair(kind, std::move(left), std::move(right));
  }
  static Node Pair(Kind kind, Node left, Node right) {
    Node node{.kind = kind};
    node.children.push_back(std::move(left));
    node.children.push_back(std::move(right));
    return node;
  }
  static Node Negate(Node inner) {
    Node node{.kind = Kind::kNot};
    node.children.push_back(std::move(inner));
    return node;
  }

  Node Not() {
    if (++depth_ > kMaximalDepth) FailHere("nested too deeply");
    Node node = TakeWord("not") ? Negate(Not()) : Compare();
    --depth_;
    return node;
  }
  Node Compare() {
    Node left = Operand();
    constexpr std::pair<std::string_view, Kind> kOperators[] = {
        {"==", Kind::kEqual}, {"!=", Kind::kUnequal},      {"<=", Kind::kLessEqual},
        {"<", Kind::kLess},   {">=", Kind::kGreaterEqual}, {">", Kind::kGreater},
    };
    for (const auto& [symbol, kind] : kOperators) {
      if (TakeSymbol(symbol)) return Pair(kind, std::move(left), Operand());
    }
    if (TakeWord("in")) return Pair(Kind::kIn, std::move(left), Operand());
    if (TakeWord("not")) {
      if (!TakeWord("in")) FailHere("\"in\" is expected after \"not\"");
      return Negate(Pair(Kind::kIn, std::move(left), Operand()));
    }
    if (TakeSymbol("=")) FailHere("\"==\" compares; one \"=\" is not known,");
    return left;
  }

  Node Operand() {
    if (TakeSymbol("(")) {
      Node node = Or();
      if (!TakeSymbol(")")) FailHere("\")\" is expected");
      return node;
    }
    SkipSpaces();
    if (const size_t length = PathLength(text_.substr(at_)); length > 0 && !IsConstant(text_.substr(at_, length))) {
      Node node{.kind = Kind::kPath, .path = ParsePath(text_.substr(at_, length), where_)};
      at_ += length;
      return node;
    }
    return {.kind = Kind::kLiteral, .literal = Literal()};
  }
  static bool IsConstant(std::string_view word) { return word == "true" || word == "false" || word == "null"; }

  Json Literal() {
    if (TakeSymbol("[")) return List();
    SkipSpaces();
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    if (first == '\'' || first == '"') return String(first);
    if ((first >= '0' && first <= '9') || first == '-' || first == '.') return Number();
    if (TakeWord("true")) return true;
    if (TakeWord("false")) return false;
    if (TakeWord("null")) return nullptr;
    FailHere("a value is expected");
  }
  Json List() {
    Json list = Json::array();
    if (TakeSymbol("]")) return list;
    do {
      SkipSpaces();
      if (at_ < text_.size() && text_[at_] == '[') FailHere("a list in a list is not known");
      list.push_back(Literal());
    } while (TakeSymbol(","));
    if (!TakeSymbol("]")) FailHere("\"]\" is expected");
    return list;
  }
  Json String(char quote) {
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) FailHere("the string is not closed");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  Json Number() {
    const std::string_view rest = text_.substr(at_);
    const std::string digits(rest.substr(0, rest.find_first_not_of("+-.0123456789eE")));
    Json number = Json::parse(digits, nullptr, false);
    if (!number.is_number()) FailHere("this is no number");
    at_ += digits.size();
    return number;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
  int depth_ = 0;
};

Expression Expression::Parse(std::string_view text, const std::string& where) {
  Expression expression;
  expression.text_ = text;
  expression.where_ = where;
  expression.root_ = Parser(text, where).Parse();
  return expression;
}

void Expression::Visit(Node& node, const std::function<void(Path&)>& visit) {
  if (node.kind == Kind::kPath) visit(node.path);
  for (Node& child : node.children) Visit(child, visit);
}

bool Expression::Holds(const Lookup& lookup) const { return Holds(root_, lookup); }

bool Expression::Holds(const Node& node, const Lookup& lookup) const {
  const auto operand = [&](size_t i) { return Operand(node.children[i], lookup); };
  switch (node.kind) {
    case Kind::kLiteral:
    case Kind::kPath:
      return IsTrue(Operand(node, lookup));
    case Kind::kNot:
      return !Holds(node.children[0], lookup);
    case Kind::kAnd:
      for (const Node& child : node.children) {
        if (!Holds(child, lookup)) return false;
      }
      return true;
    case Kind::kOr:
      for (const Node& child : node.children) {
        if (Holds(child, lookup)) return true;
      }
      return false;
    case Kind::kEqual:
      return Equal(operand(0), operand(1));
    case Kind::kUnequal:
      return !Equal(operand(0), operand(1));
    case Kind::kIn:
      return Contains(operand(1), operand(0));
    default:
      return Ordered(node.kind, operand(0), operand(1));
  }
}

Value Expression::Operand(const Node& node, const Lookup& lookup) const {
  static const Json kTrue = true, kFalse = false;
  if (node.kind == Kind::kPath) return lookup(node.path);
  if (node.kind == Kind::kLiteral) return Value::Of(node.literal);
  return Value::Of(Holds(node, lookup) ? kTrue : kFalse);
}

bool Expression::Contains(const Value& list, const Value& element) const {
  if (list.kind == Value::Kind::kAbsent || element.kind == Value::Kind::kAbsent) return false;
  if (list.kind == Value::Kind::kList) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (Equal(Value::Of(list.at(i)), element)) return true;
    }
    return false;
  }
  if (list.kind == Value::Kind::kText && element.kind == Value::Kind::kText) {
    return list.text.find(element.text) != std::string_view::npos;
  }
  Fail(ErrorCode::kFormat,
       fmt::format("condition \"{}\": {} cannot be in {}", text_, Name(element.kind), Name(list.kind)), where_);
}

bool Expression::Ordered(Kind kind, const Value& a, const Value& b) const {
  if (a.kind == Value::Kind::kAbsent || b.kind == Value::Kind::kAbsent) return false;
  if (a.kind != b.kind || (a.kind != Value::Kind::kNumber && a.kind != Value::Kind::kText)) {
    Fail(ErrorCode::kFormat,
         fmt::format("condition \"{}\": {} and {} have no order", text_, Name(a.kind), Name(b.kind)), where_);
  }
  const bool less = a.kind == Value::Kind::kNumber ? *a.json < *b.json : a.text < b.text;
  const bool equal = Equal(a, b);
  switch (kind) {
    case Kind::kLess:
      return less;
    case Kind::kLessEqual:
      return less || equal;
    case Kind::kGreater:
      return !less && !equal;
    default:
      return !less;
  }
}

}  // namespace bantam
