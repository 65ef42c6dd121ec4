#include "text/jinja/expression_parser.h"

#include <algorithm>

#include "base/error.h"
#include "text/jinja/filters.h"
#include "text/jinja/tests.h"

namespace bantam::jinja {

// ---- The token at hand

bool ExpressionParser::SkipName(std::string_view name) {
  if (!AtName(name)) return false;
  Next();
  return true;
}

bool ExpressionParser::SkipOperator(std::string_view text) {
  if (!AtOperator(text)) return false;
  Next();
  return true;
}

void ExpressionParser::ExpectOperator(std::string_view text) {
  if (!SkipOperator(text)) FailUnexpected("'" + std::string(text) + "'");
}

std::string ExpressionParser::ExpectName() {
  if (!At(TokenType::kName)) FailUnexpected("a name");
  return Next().text;
}

void ExpressionParser::Expect(TokenType type, std::string_view what) {
  if (!At(type)) FailUnexpected(what);
  Next();
}

void ExpressionParser::FailAt(int line, std::string what) const {
  Fail(ErrorCode::kFormat, std::move(what), jinja::At(name_, line));
}

void ExpressionParser::FailUnsupportedAt(int line, std::string construct) const {
  Fail(ErrorCode::kUnsupported, std::move(construct) + " is not supported", jinja::At(name_, line));
}

void ExpressionParser::FailUnexpected(std::string_view wanted) const {
  FailAt(Current().line, std::string(wanted) + " expected, not " + Describe(Current()));
}

ExpressionParser::Nesting::Nesting(ExpressionParser& parser) : parser_(parser) {
  if (++parser_.depth_ > parser_.max_depth_) {
    --parser_.depth_;
    Fail(ErrorCode::kMemory, "the template nests more than " + std::to_string(parser_.max_depth_) + " levels deep",
         jinja::At(parser_.name_, parser_.Current().line));
  }
}

void ExpressionParser::SetHeight(Expr& node) const {
  ForEachChild(node, [&](Expr& child) { node.height = std::max(node.height, child.height + 1); });
  if (node.height > max_depth_) {
    Fail(ErrorCode::kMemory, "an expression nests more than " + std::to_string(max_depth_) + " levels deep",
         jinja::At(name_, node.line));
  }
}

ExprPtr ExpressionParser::MakeConstant(int line, Literal literal) {
  auto node = std::make_unique<ConstantExpr>(line, std::move(literal));
  node->index = static_cast<uint32_t>(constants_.size());
  constants_.push_back(node.get());
  return node;
}

// ---- Operators

ExprPtr ExpressionParser::ParseExpression(bool allow_conditional) {
  const int line = Current().line;
  ExprPtr node = ParseOr();
  while (allow_conditional && SkipName("if")) {
    const Nesting nesting(*this);
    auto conditional = std::make_unique<ConditionalExpr>(line);
    conditional->then = std::move(node);
    conditional->test = ParseOr();
    if (SkipName("else")) conditional->otherwise = ParseExpression();
    node = Finish(std::move(conditional));
  }
  return node;
}

ExprPtr ExpressionParser::ParseOr() {
  const int line = Current().line;
  ExprPtr first = ParseAnd();
  if (!AtName("or")) return first;
  auto node = std::make_unique<LogicExpr>(line, false);
  node->operands.push_back(std::move(first));
  while (SkipName("or")) node->operands.push_back(ParseAnd());
  return Finish(std::move(node));
}

ExprPtr ExpressionParser::ParseAnd() {
  const int line = Current().line;
  ExprPtr first = ParseNot();
  if (!AtName("and")) return first;
  auto node = std::make_unique<LogicExpr>(line, true);
  node->operands.push_back(std::move(first));
  while (SkipName("and")) node->operands.push_back(ParseNot());
  return Finish(std::move(node));
}

ExprPtr ExpressionParser::ParseNot() {
  if (!AtName("not")) return ParseCompare();
  const Nesting nesting(*this);
  const int line = Next().line;
  return Finish(std::make_unique<UnaryExpr>(ExprKind::kNot, line, ParseNot()));
}

bool ExpressionParser::TakeComparison(Comparison& comparison) {
  constexpr std::pair<std::string_view, Comparison> kOperators[] = {
      {"==", Comparison::kEqual},       {"!=", Comparison::kNotEqual}, {"<", Comparison::kLess},
      {"<=", Comparison::kLessOrEqual}, {">", Comparison::kGreater},   {">=", Comparison::kGreaterOrEqual},
  };
  for (const auto& [text, candidate] : kOperators) {
    if (!SkipOperator(text)) continue;
    comparison = candidate;
    return true;
  }
  if (SkipName("in")) {
    comparison = Comparison::kIn;
    return true;
  }
  if (AtName("not") && Is(Ahead(), TokenType::kName, "in")) {
    Next();
    Next();
    comparison = Comparison::kNotIn;
    return true;
  }
  return false;
}

ExprPtr ExpressionParser::ParseCompare() {
  const int line = Current().line;
  ExprPtr first = ParseSum();
  Comparison comparison{};
  if (!TakeComparison(comparison)) return first;
  auto node = std::make_unique<CompareExpr>(line);
  node->first = std::move(first);
  do {
    node->rest.emplace_back(comparison, ParseSum());
  } while (TakeComparison(comparison));
  return Finish(std::move(node));
}

ExprPtr ExpressionParser::ParseChain(ExprPtr (ExpressionParser::*operand)(),
                                     std::initializer_list<std::pair<std::string_view, Arithmetic>> operators) {
  const int line = Current().line;
  ExprPtr first = (this->*operand)();
  std::unique_ptr<ArithmeticExpr> node;
  while (true) {
    const auto* found =
        std::find_if(operators.begin(), operators.end(), [&](const auto& o) { return AtOperator(o.first); });
    if (found == operators.end()) break;
    Next();
    if (node == nullptr) {
      node = std::make_unique<ArithmeticExpr>(line);
      node->first = std::move(first);
    }
    node->rest.emplace_back(found->second, (this->*operand)());
  }
  if (node == nullptr) return first;
  return Finish(std::move(node));
}

ExprPtr ExpressionParser::ParseSum() {
  return ParseChain(&ExpressionParser::ParseConcat, {{"+", Arithmetic::kAdd}, {"-", Arithmetic::kSubtract}});
}

ExprPtr ExpressionParser::ParseConcat() {
  const int line = Current().line;
  ExprPtr first = ParseProduct();
  if (!AtOperator("~")) return first;
  std::vector<ExprPtr> items;
  items.push_back(std::move(first));
  while (SkipOperator("~")) items.push_back(ParseProduct());
  return Finish(std::make_unique<ItemsExpr>(ExprKind::kConcat, line, std::move(items)));
}

ExprPtr ExpressionParser::ParseProduct() {
  return ParseChain(&ExpressionParser::ParsePower, {{"*", Arithmetic::kMultiply},
                                                    {"/", Arithmetic::kDivide},
                                                    {"//", Arithmetic::kFloorDivide},
                                                    {"%", Arithmetic::kModulo}});
}

ExprPtr ExpressionParser::ParsePower() {
  const int line = Current().line;
  ExprPtr node = ParseUnary(true);
  while (SkipOperator("**")) {
    auto power = std::make_unique<ArithmeticExpr>(line);
    power->first = std::move(node);
    power->rest.emplace_back(Arithmetic::kPower, ParseUnary(true));
    node = Finish(std::move(power));
  }
  return node;
}

ExprPtr ExpressionParser::ParseUnary(bool with_filters) {
  const Nesting nesting(*this);
  const int line = Current().line;
  ExprPtr node;
  if (AtOperator("-") || AtOperator("+")) {
    const bool minus = Next().text == "-";
    node = Finish(std::make_unique<UnaryExpr>(ExprKind::kSign, line, ParseUnary(false), minus));
  } else {
    node = ParsePrimary();
  }
  node = ParsePostfix(std::move(node));
  return with_filters ? ParseFiltersAndTests(std::move(node)) : std::move(node);
}

// ---- Primaries

ExprPtr ExpressionParser::ParsePrimary() {
  const Token& token = Current();
  switch (token.type) {
    case TokenType::kName:
      Next();
      if (token.text == "true" || token.text == "True") return MakeConstant(token.line, true);
      if (token.text == "false" || token.text == "False") return MakeConstant(token.line, false);
      if (token.text == "none" || token.text == "None") return MakeConstant(token.line, std::monostate());
      return std::make_unique<NameExpr>(token.line, token.text, NameUse::kLoad);
    case TokenType::kString:
    case TokenType::kInteger:
    case TokenType::kFloat:
      return ParseStringOrNumber();
    default:
      break;
  }
  if (SkipOperator("(")) {
    ExprPtr node = ParseTuple({.explicit_brackets = true});
    ExpectOperator(")");
    return node;
  }
  if (AtOperator("[")) return ParseListLiteral();
  if (AtOperator("{")) return ParseDictLiteral();
  FailUnexpected("an expression");
}

ExprPtr ExpressionParser::ParseStringOrNumber() {
  const Token& token = Next();
  if (token.type == TokenType::kInteger) return MakeConstant(token.line, token.integer);
  if (token.type == TokenType::kFloat) return MakeConstant(token.line, token.real);
  std::string text = token.text;
  while (At(TokenType::kString)) text += Next().text;  // "a" "b" is "ab"
  return MakeConstant(token.line, std::move(text));
}

ExprPtr ExpressionParser::ParseListLiteral() {
  const int line = Next().line;
  std::vector<ExprPtr> items;
  while (!AtOperator("]")) {
    if (!items.empty()) ExpectOperator(",");
    if (AtOperator("]")) break;
    items.push_back(ParseExpression());
  }
  Next();
  return Finish(std::make_unique<ItemsExpr>(ExprKind::kList, line, std::move(items)));
}

ExprPtr ExpressionParser::ParseDictLiteral() {
  auto node = std::make_unique<DictExpr>(Next().line);
  while (!AtOperator("}")) {
    if (!node->entries.empty()) ExpectOperator(",");
    if (AtOperator("}")) break;
    ExprPtr key = ParseExpression();
    ExpectOperator(":");
    node->entries.emplace_back(std::move(key), ParseExpression());
  }
  Next();
  return Finish(std::move(node));
}

bool ExpressionParser::AtTupleEnd() const {
  return At(TokenType::kVariableEnd) || At(TokenType::kBlockEnd) || AtOperator(")");
}

ExprPtr ExpressionParser::ParseTuple(const TupleRules& rules) {
  const int line = Current().line;
  std::vector<ExprPtr> items;
  bool is_tuple = false;
  while (true) {
    if (!items.empty()) ExpectOperator(",");
    if (AtTupleEnd()) break;
    items.push_back(rules.names_only ? ParsePrimary() : ParseExpression(rules.allow_conditional));
    if (!AtOperator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !items.empty()) return std::move(items[0]);
  if (!is_tuple && !rules.explicit_brackets) FailUnexpected("an expression");
  return Finish(std::make_unique<ItemsExpr>(ExprKind::kTuple, line, std::move(items)));
}

// ---- Postfix

ExprPtr ExpressionParser::ParsePostfix(ExprPtr node) {
  while (true) {
    if (AtOperator(".") || AtOperator("[")) {
      node = ParseSubscript(std::move(node));
    } else if (AtOperator("(")) {
      node = ParseCall(std::move(node));
    } else {
      return node;
    }
  }
}

ExprPtr ExpressionParser::ParseFiltersAndTests(ExprPtr node) {
  while (true) {
    if (AtOperator("|")) {
      node = ParseFilters(std::move(node), false);
    } else if (AtName("is")) {
      node = ParseTest(std::move(node));
    } else if (AtOperator("(")) {
      node = ParseCall(std::move(node));
    } else {
      return node;
    }
  }
}

ExprPtr ExpressionParser::ParseSubscript(ExprPtr object) {
  const Token& token = Next();
  if (token.text == ".") {
    if (At(TokenType::kName)) {
      return Finish(std::make_unique<AttributeExpr>(token.line, std::move(object), Next().text));
    }
    if (!At(TokenType::kInteger)) FailUnexpected("a name or a number");
    ExprPtr key = MakeConstant(Current().line, Current().integer);
    Next();
    return Finish(std::make_unique<ItemExpr>(token.line, std::move(object), std::move(key)));
  }
  const int line = token.line;
  std::vector<ExprPtr> keys;
  while (!AtOperator("]")) {
    if (!keys.empty()) ExpectOperator(",");
    ExprPtr key;
    if (!AtOperator(":")) key = ParseExpression();
    if (AtOperator(":")) {
      if (!keys.empty()) FailUnsupportedAt(line, "a slice among several subscripts");
      ExprPtr slice = ParseSlice(std::move(object), std::move(key), line);
      if (!AtOperator("]")) FailUnsupportedAt(line, "a slice among several subscripts");
      Next();
      return slice;
    }
    keys.push_back(std::move(key));
  }
  Next();
  ExprPtr key = keys.size() == 1 ? std::move(keys[0])
                                 : Finish(std::make_unique<ItemsExpr>(ExprKind::kTuple, line, std::move(keys)));
  return Finish(std::make_unique<ItemExpr>(line, std::move(object), std::move(key)));
}

ExprPtr ExpressionParser::ParseSlice(ExprPtr object, ExprPtr start, int line) {
  auto node = std::make_unique<SliceExpr>(line);
  node->object = std::move(object);
  node->start = std::move(start);
  ExpectOperator(":");
  const auto at_end = [&] { return AtOperator(":") || AtOperator("]") || AtOperator(","); };
  if (!at_end()) node->stop = ParseExpression();
  if (SkipOperator(":") && !at_end()) node->step = ParseExpression();
  return Finish(std::move(node));
}

ArgumentList ExpressionParser::ParseArguments() {
  ArgumentList list;
  const int line = Current().line;
  ExpectOperator("(");
  bool first = true;
  while (!AtOperator(")")) {
    if (!first) ExpectOperator(",");
    if (AtOperator(")")) break;  // a trailing comma
    first = false;
    if (SkipOperator("*")) {
      if (list.spread != nullptr || list.spread_named != nullptr) FailAt(line, "arguments in the wrong order");
      list.spread = ParseExpression();
    } else if (SkipOperator("**")) {
      if (list.spread_named != nullptr) FailAt(line, "arguments in the wrong order");
      list.spread_named = ParseExpression();
    } else if (At(TokenType::kName) && Is(Ahead(), TokenType::kOperator, "=")) {
      if (list.spread_named != nullptr) FailAt(line, "arguments in the wrong order");
      const std::string name = Next().text;
      Next();
      for (const auto& [other, value] : list.named) {
        if (other == name) FailAt(line, "the argument '" + name + "' is given twice");
      }
      list.named.emplace_back(name, ParseExpression());
    } else {
      if (list.spread != nullptr || list.spread_named != nullptr || !list.named.empty()) {
        FailAt(line, "arguments in the wrong order");
      }
      list.positional.push_back(ParseExpression());
    }
  }
  ExpectOperator(")");
  return list;
}

ExprPtr ExpressionParser::ParseCall(ExprPtr callee) {
  auto node = std::make_unique<CallExpr>(Current().line);
  node->callee = std::move(callee);
  node->arguments = ParseArguments();
  return Finish(std::move(node));
}

std::string ExpressionParser::ParseDottedName() {
  std::string name = ExpectName();
  while (SkipOperator(".")) name += "." + ExpectName();
  return name;
}

ExprPtr ExpressionParser::ParseFilters(ExprPtr input, bool first_without_pipe) {
  while (first_without_pipe || SkipOperator("|")) {
    first_without_pipe = false;
    const int line = Current().line;
    auto node = std::make_unique<ApplyExpr>(ExprKind::kFilter, line, std::move(input), ParseDottedName());
    if (AtOperator("(")) node->arguments = ParseArguments();
    node->native = FindFilter(node->name);
    input = Finish(std::move(node));
  }
  return input;
}

ExprPtr ExpressionParser::ParseTest(ExprPtr input) {
  const int line = Next().line;
  const bool negated = SkipName("not");
  auto node = std::make_unique<ApplyExpr>(ExprKind::kTest, line, std::move(input), ParseDottedName());
  if (AtOperator("(")) {
    node->arguments = ParseArguments();
  } else {
    // One argument without brackets, as in `is divisibleby 3`.
    const bool name_follows = At(TokenType::kName) && !AtName("else") && !AtName("or") && !AtName("and");
    if (name_follows || At(TokenType::kString) || At(TokenType::kInteger) || At(TokenType::kFloat) || AtOperator("[") ||
        AtOperator("{")) {
      if (AtName("is")) FailAt(line, "tests cannot be chained with 'is'");
      node->arguments.positional.push_back(ParsePostfix(ParsePrimary()));
    }
  }
  node->native = FindTest(node->name);
  ExprPtr result = Finish(std::move(node));
  return negated ? Finish(std::make_unique<UnaryExpr>(ExprKind::kNot, line, std::move(result))) : std::move(result);
}

}  // namespace bantam::jinja
