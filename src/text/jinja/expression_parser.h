// Tokens -> expressions: Jinja's grammar, from the loosest binding to the tightest:
//
//   a if b else c   or   and   not   == != < <= > >= in, not in   + -   ~   * / // %   **   unary - +
//   then postfix: .name  [key]  (call)  and, outside a unary operand: |filter  is test
//
// Note that ~ binds tighter than + and that a filter binds tighter than any operator, as in Jinja.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/lexer.h"

namespace bantam::jinja {

class ExpressionParser {
 public:
  // max_depth bounds both the nesting of the source and the height of the tree.
  ExpressionParser(std::vector<Token> tokens, const std::string& name, int max_depth)
      : tokens_(std::move(tokens)), name_(name), max_depth_(max_depth) {}

 protected:
  // ---- The token at hand
  const Token& Current() const { return tokens_[position_]; }
  const Token& Ahead() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  const Token& Next() {
    const Token& token = tokens_[position_];
    if (token.type != TokenType::kEnd) ++position_;
    return token;
  }
  bool At(TokenType type) const { return Current().type == type; }
  static bool Is(const Token& token, TokenType type, std::string_view text) {
    return token.type == type && token.text == text;
  }
  bool AtName(std::string_view name) const { return Is(Current(), TokenType::kName, name); }
  bool AtOperator(std::string_view text) const { return Is(Current(), TokenType::kOperator, text); }
  bool SkipName(std::string_view name);
  bool SkipOperator(std::string_view text);
  void ExpectOperator(std::string_view text);
  std::string ExpectName();
  void Expect(TokenType type, std::string_view what);

  [[noreturn]] void FailAt(int line, std::string what) const;
  [[noreturn]] void FailUnsupportedAt(int line, std::string construct) const;
  [[noreturn]] void FailUnexpected(std::string_view wanted) const;

  // ---- Expressions
  ExprPtr ParseExpression(bool allow_conditional = true);
  // One expression, or several with commas between them, which make a tuple.
  struct TupleRules {
    bool names_only = false;  // the targets of set and for
    bool allow_conditional = true;
    bool explicit_brackets = false;  // () is a tuple, nothing is not
  };
  ExprPtr ParseTuple(const TupleRules& rules);
  ExprPtr ParseFilters(ExprPtr input, bool first_without_pipe);
  ArgumentList ParseArguments();

  // Records the height of a node whose children are complete, and bounds it.
  template <typename Node>
  std::unique_ptr<Node> Finish(std::unique_ptr<Node> node) {
    SetHeight(*node);
    return node;
  }

  // One more level of nesting while it lives.
  class Nesting {
   public:
    explicit Nesting(ExpressionParser& parser);
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ExpressionParser& parser_;
  };

  std::vector<const ConstantExpr*>& constants() { return constants_; }

 private:
  friend class Nesting;

  ExprPtr ParseOr();
  ExprPtr ParseAnd();
  ExprPtr ParseNot();
  ExprPtr ParseCompare();
  ExprPtr ParseSum();
  ExprPtr ParseConcat();
  ExprPtr ParseProduct();
  ExprPtr ParsePower();
  ExprPtr ParseUnary(bool with_filters);
  ExprPtr ParsePrimary();
  ExprPtr ParseStringOrNumber();
  ExprPtr ParseListLiteral();
  ExprPtr ParseDictLiteral();
  ExprPtr ParsePostfix(ExprPtr node);
  ExprPtr ParseFiltersAndTests(ExprPtr node);
  ExprPtr ParseSubscript(ExprPtr object);
  ExprPtr ParseSlice(ExprPtr object, ExprPtr start, int line);
  ExprPtr ParseCall(ExprPtr callee);
  ExprPtr ParseTest(ExprPtr input);
  ExprPtr ParseChain(ExprPtr (ExpressionParser::*operand)(),
                     std::initializer_list<std::pair<std::string_view, Arithmetic>>);
  bool AtTupleEnd() const;
  bool TakeComparison(Comparison& comparison);
  std::string ParseDottedName();
  ExprPtr MakeConstant(int line, Literal literal);
  void SetHeight(Expr& node) const;

  const std::vector<Token> tokens_;
  const std::string& name_;
  const int max_depth_;
  size_t position_ = 0;
  int depth_ = 0;
  std::vector<const ConstantExpr*> constants_;
};

}  // namespace bantam::jinja
