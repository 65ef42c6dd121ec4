// Runs a template's syntax tree.
#pragma once

#include <string>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/dict.h"
#include "text/jinja/runtime.h"
#include "text/jinja/value.h"

namespace bantam::jinja {

class MacroObject;

class Interpreter {
 public:
  // All three must outlive the interpreter; the runtime must outlive it longest, since values return their bytes to it.
  Interpreter(const TemplateTree& tree, Runtime& runtime, const DictObject& context)
      : tree_(tree), runtime_(runtime), context_(context), constants_(tree.constants.size()) {}

  std::string Run();
  int line() const { return line_; }  // of what ran last: where an error came from

 private:
  friend class FilteredIterator;

  enum class Flow : uint8_t { kNext, kBreak, kContinue };

  // Makes a frame current, and the text it prints go to a buffer, while it lives.
  class Activation;

  // ---- Statements (interpreter.cc)
  Flow Run(const Block& block);
  Flow Run(const Statement& statement);
  Flow RunIf(const IfStatement& node);
  Flow RunFor(const ForStatement& node);
  // Enters the scope, runs the body and gives what it prints; the caller leaves the scope.
  Flow Capture(const Scope& scope, const Block& body, Value& text);
  Flow RunSetBlock(const SetBlockStatement& node);
  Flow RunFilterBlock(const FilterBlockStatement& node);
  Flow RunWith(const WithStatement& node);
  void RunSet(const SetStatement& node);
  void RunCallBlock(const CallBlockStatement& node);
  void Print(const Value& value);
  void Print(std::string_view text);
  void PrintText(const Value& value);
  void CheckOutput();

  void Enter(const Scope& scope);
  void Leave(const Scope& scope);
  Value FromContext(const std::string& name);
  Value& At(Slot slot);
  void Assign(const Expr& target, const Value& value);
  void AssignTuple(const ItemsExpr& target, const Value& value);
  void AssignTo(const Expr& target, const std::string& attribute, Value value);
  NamespaceObject& NamespaceAt(const Expr& target);
  Value ValueOfTarget(const Expr& target);

  // ---- Expressions (interpreter_expressions.cc)
  Value Evaluate(const Expr& expr);
  Value EvaluateOr(const ExprPtr& expr, Value otherwise);
  Value EvaluateConstant(const ConstantExpr& node);
  Value EvaluateName(const NameExpr& node);
  Value EvaluateItems(const ItemsExpr& node);
  Value EvaluateDict(const DictExpr& node);
  Value EvaluateConditional(const ConditionalExpr& node);
  Value EvaluateLogic(const LogicExpr& node);
  Value EvaluateSign(const UnaryExpr& node);
  Value EvaluateCompare(const CompareExpr& node);
  bool Compare(Comparison comparison, const Value& a, const Value& b);
  Value EvaluateArithmetic(const ArithmeticExpr& node);
  Value EvaluateConcat(const ItemsExpr& node);
  Value EvaluateItem(const ItemExpr& node);
  Value EvaluateSlice(const SliceExpr& node);
  Value EvaluateCall(const CallExpr& node);
  // `input`: what the filter or test is applied to; missing: the node's own input.
  Value EvaluateApply(const ApplyExpr& node, Value input = {});
  // A chain of filters applied to text that a block made.
  Value ApplyToBlock(const Expr& filter, Value text);

  // ---- Calls (interpreter_calls.cc)
  Arguments EvaluateArguments(const ArgumentList& list);
  Value Call(const Value& callee, Arguments arguments);
  Value CallMacro(const MacroObject& macro, Arguments arguments);
  void BindParameters(const Function& function, Arguments& arguments);
  void BindSpecials(const Function& function, Arguments& arguments);
  void FillDefaults(const Function& function);

  const TemplateTree& tree_;
  Runtime& runtime_;
  const DictObject& context_;
  std::vector<Value> constants_;  // string constants as values, made when first used
  Ref<FrameObject> frame_;
  TextBuffer* out_ = nullptr;
  int line_ = 1;
  int calls_ = 0;  // macro calls inside each other
};

class Interpreter::Activation {
 public:
  // Without a frame (or a buffer) the current one stays.
  Activation(Interpreter& interpreter, Ref<FrameObject> frame, TextBuffer* out)
      : interpreter_(interpreter), frame_(interpreter.frame_), out_(interpreter.out_) {
    if (frame) interpreter.frame_ = std::move(frame);
    if (out != nullptr) interpreter.out_ = out;
  }
  ~Activation() {
    interpreter_.frame_ = std::move(frame_);
    interpreter_.out_ = out_;
  }
  Activation(const Activation&) = delete;
  Activation& operator=(const Activation&) = delete;

 private:
  Interpreter& interpreter_;
  Ref<FrameObject> frame_;
  TextBuffer* out_;
};

}  // namespace bantam::jinja
