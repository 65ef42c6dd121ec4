// The syntax tree of a template. The parser builds it, the scope pass fills in where each name lives, and after that it is
// only read, so several threads may render it at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/arithmetic.h"
#include "text/jinja/native.h"

namespace bantam::jinja {

// A variable: in the frame of the function it is used in (hops 0), of the function that one is written in (1), and so on.
struct Slot {
  uint32_t hops = 0;
  uint32_t index = 0;
};

// ---- Expressions

enum class ExprKind : uint8_t {
  kConstant,
  kName,
  kTuple,
  kList,
  kDict,
  kConditional,
  kLogic,
  kNot,
  kSign,
  kCompare,
  kArithmetic,
  kConcat,
  kAttribute,
  kItem,
  kSlice,
  kCall,
  kFilter,
  kTest,
};

struct Expr {
  Expr(ExprKind the_kind, int the_line) : kind(the_kind), line(the_line) {}
  virtual ~Expr() = default;
  const ExprKind kind;
  const int line;
  int height = 1;  // of the tree below and with this node; bounded, because evaluation recurses
};
using ExprPtr = std::unique_ptr<Expr>;

using Literal = std::variant<std::monostate, bool, int64_t, double, std::string>;  // monostate: none

struct ConstantExpr : Expr {
  ConstantExpr(int at, Literal the_literal) : Expr(ExprKind::kConstant, at), literal(std::move(the_literal)) {}
  const Literal literal;
  uint32_t index = 0;  // among the template's constants
};

enum class NameUse : uint8_t { kLoad, kStore, kParameter };

struct NameExpr : Expr {
  NameExpr(int at, std::string the_name, NameUse the_use)
      : Expr(ExprKind::kName, at), name(std::move(the_name)), use(the_use) {}
  const std::string name;
  NameUse use;
  Slot slot;
};

struct ItemsExpr : Expr {  // kTuple or kList; also kConcat (a ~ b ~ c)
  ItemsExpr(ExprKind the_kind, int at, std::vector<ExprPtr> the_items)
      : Expr(the_kind, at), items(std::move(the_items)) {}
  std::vector<ExprPtr> items;
};

struct DictExpr : Expr {
  explicit DictExpr(int at) : Expr(ExprKind::kDict, at) {}
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};

struct ConditionalExpr : Expr {  // then if test else otherwise
  explicit ConditionalExpr(int at) : Expr(ExprKind::kConditional, at) {}
  ExprPtr test, then, otherwise;  // `otherwise` may be null
};

struct LogicExpr : Expr {  // a and b and c; a or b or c
  LogicExpr(int at, bool and_not_or) : Expr(ExprKind::kLogic, at), is_and(and_not_or) {}
  const bool is_and;
  std::vector<ExprPtr> operands;
};

struct UnaryExpr : Expr {  // kNot or kSign
  UnaryExpr(ExprKind the_kind, int at, ExprPtr the_operand, bool is_minus = false)
      : Expr(the_kind, at), operand(std::move(the_operand)), minus(is_minus) {}
  ExprPtr operand;
  const bool minus;
};

enum class Comparison : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kIn, kNotIn };

struct CompareExpr : Expr {  // a < b <= c, with Python's meaning
  explicit CompareExpr(int at) : Expr(ExprKind::kCompare, at) {}
  ExprPtr first;
  std::vector<std::pair<Comparison, ExprPtr>> rest;
};

struct ArithmeticExpr : Expr {  // operators of one precedence, from the left: one node, so that long sums are not deep
  explicit ArithmeticExpr(int at) : Expr(ExprKind::kArithmetic, at) {}
  ExprPtr first;
  std::vector<std::pair<Arithmetic, ExprPtr>> rest;
};

struct AttributeExpr : Expr {  // object.name
  AttributeExpr(int at, ExprPtr of, std::string the_name)
      : Expr(ExprKind::kAttribute, at), object(std::move(of)), name(std::move(the_name)) {}
  ExprPtr object;
  const std::string name;
};

struct ItemExpr : Expr {  // object[key]
  ItemExpr(int at, ExprPtr of, ExprPtr the_key)
      : Expr(ExprKind::kItem, at), object(std::move(of)), key(std::move(the_key)) {}
  ExprPtr object, key;
};

struct SliceExpr : Expr {  // object[start:stop:step]; each part may be null
  explicit SliceExpr(int at) : Expr(ExprKind::kSlice, at) {}
  ExprPtr object, start, stop, step;
};

struct ArgumentList {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr spread, spread_named;  // *expr and **expr; may be null
};

struct CallExpr : Expr {
  explicit CallExpr(int at) : Expr(ExprKind::kCall, at) {}
  ExprPtr callee;
  ArgumentList arguments;
};

struct ApplyExpr : Expr {  // kFilter: input | name(arguments); kTest: input is name(arguments)
  ApplyExpr(ExprKind the_kind, int at, ExprPtr of, std::string the_name)
      : Expr(the_kind, at), input(std::move(of)), name(std::move(the_name)) {}
  ExprPtr input;  // null in a filter that is applied to a block
  const std::string name;
  const Native* native = nullptr;  // null: no filter or test of that name
  ArgumentList arguments;
};

// ---- Statements

enum class StatementKind : uint8_t {
  kText,
  kPrint,
  kIf,
  kFor,
  kSet,
  kSetBlock,
  kMacro,
  kCallBlock,
  kFilterBlock,
  kWith,
  kBreak,
  kContinue,
};

struct Statement {
  Statement(StatementKind the_kind, int the_line) : kind(the_kind), line(the_line) {}
  virtual ~Statement() = default;
  const StatementKind kind;
  const int line;
};
using Block = std::vector<std::unique_ptr<Statement>>;

// How a scope starts: what its variables hold before its first statement. `from_context`: the context's value of `name`;
// else a copy of the variable `source` of an outer scope; else (neither) unset. Variables that get their value from elsewhere
// (parameters, loop targets) have no entry but are in `slots`.
struct ScopeEntry {
  enum class Source : uint8_t { kUnset, kContext, kOuter };
  uint32_t slot = 0;
  Source source = Source::kUnset;
  std::string name;
  Slot outer;
};
struct Scope {
  std::vector<ScopeEntry> entries;
  std::vector<uint32_t> slots;  // every variable of the scope, unset again at its end
};

struct TextStatement : Statement {
  TextStatement(int at, std::string the_text) : Statement(StatementKind::kText, at), text(std::move(the_text)) {}
  const std::string text;
};

struct PrintStatement : Statement {
  PrintStatement(int at, ExprPtr what) : Statement(StatementKind::kPrint, at), expression(std::move(what)) {}
  ExprPtr expression;
};

struct IfStatement : Statement {
  explicit IfStatement(int at) : Statement(StatementKind::kIf, at) {}
  std::vector<std::pair<ExprPtr, Block>> branches;  // if and elif
  Block otherwise;
};

// `for target in iterable if test`. The test is a function of its own: it has its own frame, with its own copy of the target.
struct ForStatement : Statement {
  explicit ForStatement(int at) : Statement(StatementKind::kFor, at) {}
  ExprPtr target, iterable, test, test_target;  // the last two may be null, together
  Block body, otherwise;
  Scope body_scope, otherwise_scope, test_scope;
  uint32_t test_slots = 0;
  bool uses_loop = false;
  uint32_t loop_slot = 0;
};

struct SetStatement : Statement {
  explicit SetStatement(int at) : Statement(StatementKind::kSet, at) {}
  ExprPtr target;         // names and tuples of names; for set ns.attribute the name of ns
  std::string attribute;  // of a namespace; empty for a plain assignment
  ExprPtr value;
};

struct SetBlockStatement : Statement {
  explicit SetBlockStatement(int at) : Statement(StatementKind::kSetBlock, at) {}
  ExprPtr target, filter;  // `filter` may be null
  std::string attribute;
  Block body;
  Scope scope;
};

// A macro's parameters and body; also the body of a call block, which is an anonymous macro.
struct Function {
  std::string name;
  std::vector<std::unique_ptr<NameExpr>> parameters;
  std::vector<ExprPtr> defaults;  // of the last parameters
  Block body;
  Scope scope;
  uint32_t slot_count = 0;
  // Slots of the special variables that the body uses.
  bool uses_caller = false, uses_kwargs = false, uses_varargs = false, declares_caller = false;
  uint32_t caller_slot = 0, kwargs_slot = 0, varargs_slot = 0;
};

struct MacroStatement : Statement {
  explicit MacroStatement(int at) : Statement(StatementKind::kMacro, at) {}
  std::unique_ptr<NameExpr> target;
  Function function;
};

struct CallBlockStatement : Statement {  // also {% generation %}: no call, the body stands for itself
  explicit CallBlockStatement(int at) : Statement(StatementKind::kCallBlock, at) {}
  std::unique_ptr<CallExpr> call;
  Function function;
};

struct FilterBlockStatement : Statement {
  explicit FilterBlockStatement(int at) : Statement(StatementKind::kFilterBlock, at) {}
  ExprPtr filter;
  Block body;
  Scope scope;
};

struct WithStatement : Statement {
  explicit WithStatement(int at) : Statement(StatementKind::kWith, at) {}
  std::vector<std::pair<ExprPtr, ExprPtr>> assignments;  // target, value
  Block body;
  Scope scope;
};

struct JumpStatement : Statement {  // kBreak or kContinue
  using Statement::Statement;
};

struct TemplateTree {
  Block body;
  Scope scope;
  uint32_t slot_count = 0;
  std::vector<const ConstantExpr*> constants;
};

// Calls `visit` for each direct child.
void ForEachChild(const Expr& expr, const std::function<void(Expr&)>& visit);

}  // namespace bantam::jinja
