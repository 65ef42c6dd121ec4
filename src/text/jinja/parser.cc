#include "text/jinja/parser.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "text/jinja/expression_parser.h"
#include "text/jinja/lexer.h"
#include "text/jinja/scope.h"

namespace bantam::jinja {
namespace {

class Parser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  TemplateTree Run() {
    TemplateTree tree;
    tree.body = ParseBlock({});
    tree.constants = std::move(constants());
    return tree;
  }

 private:
  // ---- Blocks

  // Statements up to a tag that starts with one of `end_names`; that name is then current. Without names: to the end.
  Block ParseBlock(std::span<const std::string_view> end_names) {
    const Nesting nesting(*this);
    Block block;
    while (!At(TokenType::kEnd)) {
      if (At(TokenType::kData)) {
        const Token& token = Next();
        block.push_back(std::make_unique<TextStatement>(token.line, token.text));
      } else if (At(TokenType::kVariableBegin)) {
        const int line = Next().line;
        block.push_back(std::make_unique<PrintStatement>(line, ParseTuple({})));
        Expect(TokenType::kVariableEnd, "'}}'");
      } else {
        Expect(TokenType::kBlockBegin, "a tag");
        if (std::any_of(end_names.begin(), end_names.end(), [&](std::string_view name) { return AtName(name); })) {
          return block;
        }
        ParseStatement(block, end_names);
        Expect(TokenType::kBlockEnd, "'%}'");
      }
    }
    return block;
  }

  // The rest of a tag and then its body up to a tag that starts with one of the names; that name is then current.
  Block ParseBody(int line, std::string_view tag, std::initializer_list<std::string_view> end_names) {
    SkipOperator(":");
    Expect(TokenType::kBlockEnd, "'%}'");
    Block body = ParseBlock(std::span(end_names.begin(), end_names.size()));
    if (At(TokenType::kEnd))
      FailAt(line, "'" + std::string(tag) + "' is not closed by '" + std::string(*(end_names.end() - 1)) + "'");
    return body;
  }

  // The same where only one name can end the body; the name is taken.
  Block ParseWholeBody(int line, std::string_view tag, std::string_view end_name) {
    Block body = ParseBody(line, tag, {end_name});
    Next();
    return body;
  }

  void ParseStatement(Block& block, std::span<const std::string_view> end_names) {
    if (!At(TokenType::kName)) FailUnexpected("the name of a tag");
    const Token& token = Next();
    const std::string& tag = token.text;
    if (tag == "if") return block.push_back(ParseIf(token.line));
    if (tag == "for") return block.push_back(ParseFor(token.line));
    if (tag == "set") return block.push_back(ParseSet(token.line));
    if (tag == "macro") return block.push_back(ParseMacro(token.line));
    if (tag == "call") return block.push_back(ParseCallBlock(token.line));
    if (tag == "generation") return block.push_back(ParseGeneration(token.line));
    if (tag == "filter") return block.push_back(ParseFilterBlock(token.line));
    if (tag == "with") return block.push_back(ParseWith(token.line));
    if (tag == "print") return ParsePrint(block, token.line);
    if (tag == "break" || tag == "continue") {
      if (loops_ == 0) FailAt(token.line, "'" + tag + "' outside a loop");
      const auto kind = tag == "break" ? StatementKind::kBreak : StatementKind::kContinue;
      return block.push_back(std::make_unique<JumpStatement>(kind, token.line));
    }
    for (const std::string_view known : {"block", "extends", "include", "import", "from", "autoescape"}) {
      if (tag == known) FailUnsupportedAt(token.line, "the tag '" + tag + "'");
    }
    std::string what = "unknown tag '" + tag + "'";
    if (!end_names.empty()) what += "; '" + std::string(end_names.back()) + "' is looked for";
    FailAt(token.line, what);
  }

  // ---- Statements; the name of the tag has been taken

  std::unique_ptr<Statement> ParseIf(int line) {
    auto node = std::make_unique<IfStatement>(line);
    while (true) {
      ExprPtr test = ParseTuple({.allow_conditional = false});
      Block body = ParseBody(line, "if", {"elif", "else", "endif"});
      node->branches.emplace_back(std::move(test), std::move(body));
      const std::string end = Next().text;
      if (end == "elif") continue;
      if (end == "else") node->otherwise = ParseWholeBody(line, "if", "endif");
      return node;
    }
  }

  std::unique_ptr<Statement> ParseFor(int line) {
    auto node = std::make_unique<ForStatement>(line);
    node->target = ParseTarget(NameUse::kParameter);
    if (!SkipName("in")) FailUnexpected("'in'");
    node->iterable = ParseTuple({.allow_conditional = false});
    if (SkipName("if")) {
      node->test = ParseExpression();
      node->test_target = CloneTarget(*node->target);
    }
    if (AtName("recursive")) FailUnsupportedAt(line, "a recursive loop");
    ++loops_;
    node->body = ParseBody(line, "for", {"else", "endfor"});
    --loops_;
    if (Next().text == "else") node->otherwise = ParseWholeBody(line, "for", "endfor");
    return node;
  }

  std::unique_ptr<Statement> ParseSet(int line) {
    ExprPtr target;
    std::string attribute;
    if (Is(Ahead(), TokenType::kOperator, ".")) {
      const int name_line = Current().line;
      target = std::make_unique<NameExpr>(name_line, ExpectName(), NameUse::kLoad);
      Next();
      attribute = ExpectName();
    } else {
      target = ParseTarget(NameUse::kStore);
    }
    if (SkipOperator("=")) {
      auto node = std::make_unique<SetStatement>(line);
      node->target = std::move(target);
      node->attribute = std::move(attribute);
      node->value = ParseTuple({});
      return node;
    }
    auto node = std::make_unique<SetBlockStatement>(line);
    node->target = std::move(target);
    node->attribute = std::move(attribute);
    if (AtOperator("|")) node->filter = ParseFilters(nullptr, false);
    node->body = ParseWholeBody(line, "set", "endset");
    return node;
  }

  std::unique_ptr<Statement> ParseMacro(int line) {
    auto node = std::make_unique<MacroStatement>(line);
    node->target = ParseTargetName(NameUse::kStore);
    node->function.name = node->target->name;
    ParseSignature(node->function);
    ParseFunctionBody(node->function, line, "macro", "endmacro");
    return node;
  }

  std::unique_ptr<Statement> ParseCallBlock(int line) {
    auto node = std::make_unique<CallBlockStatement>(line);
    node->function.name = "caller";
    if (AtOperator("(")) ParseSignature(node->function);
    ExprPtr call = ParseExpression();
    if (call->kind != ExprKind::kCall) FailAt(line, "'call' needs a call of a macro");
    node->call.reset(static_cast<CallExpr*>(call.release()));
    ParseFunctionBody(node->function, line, "call", "endcall");
    return node;
  }

  // The tag with which some templates mark the answers a model is trained on; here the body stands for itself.
  std::unique_ptr<Statement> ParseGeneration(int line) {
    auto node = std::make_unique<CallBlockStatement>(line);
    node->function.name = "generation";
    ParseFunctionBody(node->function, line, "generation", "endgeneration");
    return node;
  }

  void ParseSignature(Function& function) {
    ExpectOperator("(");
    while (!AtOperator(")")) {
      if (!function.parameters.empty()) ExpectOperator(",");
      const int line = Current().line;
      auto parameter = ParseTargetName(NameUse::kParameter);
      for (const auto& other : function.parameters) {
        if (other->name == parameter->name) FailAt(line, "the parameter '" + other->name + "' stands twice");
      }
      if (SkipOperator("=")) {
        function.defaults.push_back(ParseExpression());
      } else if (!function.defaults.empty()) {
        FailAt(line, "a parameter without a default follows one that has one");
      }
      function.parameters.push_back(std::move(parameter));
    }
    Next();
  }

  void ParseFunctionBody(Function& function, int line, std::string_view tag, std::string_view end_name) {
    const int outer_loops = std::exchange(loops_, 0);
    function.body = ParseWholeBody(line, tag, end_name);
    loops_ = outer_loops;
  }

  std::unique_ptr<Statement> ParseFilterBlock(int line) {
    auto node = std::make_unique<FilterBlockStatement>(line);
    node->filter = ParseFilters(nullptr, true);
    node->body = ParseWholeBody(line, "filter", "endfilter");
    return node;
  }

  std::unique_ptr<Statement> ParseWith(int line) {
    auto node = std::make_unique<WithStatement>(line);
    while (!At(TokenType::kBlockEnd)) {
      if (!node->assignments.empty()) ExpectOperator(",");
      ExprPtr target = ParseTarget(NameUse::kParameter);
      ExpectOperator("=");
      node->assignments.emplace_back(std::move(target), ParseExpression());
    }
    node->body = ParseWholeBody(line, "with", "endwith");
    return node;
  }

  void ParsePrint(Block& block, int line) {
    bool first = true;
    while (!At(TokenType::kBlockEnd)) {
      if (!first) ExpectOperator(",");
      first = false;
      block.push_back(std::make_unique<PrintStatement>(line, ParseExpression()));
    }
  }

  // ---- Targets of assignments

  std::unique_ptr<NameExpr> ParseTargetName(NameUse use) {
    const int line = Current().line;
    auto target = std::make_unique<NameExpr>(line, ExpectName(), use);
    for (const std::string_view constant : {"true", "false", "none", "True", "False", "None"}) {
      if (target->name == constant) FailAt(line, "'" + target->name + "' cannot be assigned to");
    }
    return target;
  }

  ExprPtr ParseTarget(NameUse use) {
    ExprPtr target = ParseTuple({.names_only = true});
    MarkTarget(*target, use);
    return target;
  }

  void MarkTarget(Expr& target, NameUse use) const {
    if (target.kind == ExprKind::kName) {
      static_cast<NameExpr&>(target).use = use;
    } else if (target.kind == ExprKind::kTuple) {
      for (const ExprPtr& item : static_cast<ItemsExpr&>(target).items) MarkTarget(*item, use);
    } else {
      FailAt(target.line, "this cannot be assigned to");
    }
  }

  ExprPtr CloneTarget(const Expr& target) {
    if (target.kind == ExprKind::kName) {
      return std::make_unique<NameExpr>(target.line, static_cast<const NameExpr&>(target).name, NameUse::kParameter);
    }
    std::vector<ExprPtr> items;
    for (const ExprPtr& item : static_cast<const ItemsExpr&>(target).items) items.push_back(CloneTarget(*item));
    return Finish(std::make_unique<ItemsExpr>(ExprKind::kTuple, target.line, std::move(items)));
  }

  int loops_ = 0;  // around the statement, in the same function
};

}  // namespace

TemplateTree ParseTemplate(std::string_view source, const std::string& name, int max_depth) {
  TemplateTree tree = Parser(Tokenize(source, name), name, max_depth).Run();
  ResolveNames(tree, name);
  return tree;
}

}  // namespace bantam::jinja
