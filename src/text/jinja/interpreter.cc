#include "text/jinja/interpreter.h"

#include "text/jinja/compare.h"
#include "text/jinja/globals.h"
#include "text/jinja/iterator.h"
#include "text/jinja/lazy_iterator.h"
#include "text/jinja/loop.h"
#include "text/jinja/macro.h"
#include "text/jinja/repr.h"

namespace bantam::jinja {

// The items of `for target in items if test` that pass. The test runs as the loop asks for items, so it sees what the
// loop's body has done to namespaces.
class FilteredIterator final : public LazyIterator {
 public:
  FilteredIterator(Value items, Interpreter& interpreter, const ForStatement& node)
      : LazyIterator(std::move(items)), interpreter_(interpreter), node_(node), outer_(interpreter.frame_) {}

 private:
  void Start() override {
    frame_ = runtime().Make<FrameObject>(node_.test_slots * sizeof(Value), node_.test_slots, outer_);
    const Interpreter::Activation activation(interpreter_, frame_, nullptr);
    interpreter_.Enter(node_.test_scope);
    StartSource();
  }
  bool Advance(Value& item) override {
    const Interpreter::Activation activation(interpreter_, frame_, nullptr);
    for (Value next; NextOfSource(next);) {
      interpreter_.Assign(*node_.test_target, next);
      if (!Truth(interpreter_.Evaluate(*node_.test))) continue;
      item = interpreter_.ValueOfTarget(*node_.test_target);
      return true;
    }
    return false;
  }
  void Forget() override { frame_ = outer_ = {}; }

  Interpreter& interpreter_;
  const ForStatement& node_;
  Ref<FrameObject> outer_, frame_;
};

std::string Interpreter::Run() {
  TextBuffer out(runtime_);
  const Ref<FrameObject> frame =
      runtime_.Make<FrameObject>(tree_.slot_count * sizeof(Value), tree_.slot_count, Ref<FrameObject>());
  const Activation activation(*this, frame, &out);
  Enter(tree_.scope);
  Run(tree_.body);
  return out.Take();
}

Interpreter::Flow Interpreter::Run(const Block& block) {
  for (const auto& statement : block) {
    if (const Flow flow = Run(*statement); flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Interpreter::Flow Interpreter::Run(const Statement& statement) {
  const DepthGuard guard(runtime_);
  runtime_.Step();
  line_ = statement.line;
  switch (statement.kind) {
    case StatementKind::kText:
      Print(static_cast<const TextStatement&>(statement).text);
      return Flow::kNext;
    case StatementKind::kPrint:
      Print(Evaluate(*static_cast<const PrintStatement&>(statement).expression));
      return Flow::kNext;
    case StatementKind::kIf:
      return RunIf(static_cast<const IfStatement&>(statement));
    case StatementKind::kFor:
      return RunFor(static_cast<const ForStatement&>(statement));
    case StatementKind::kSet:
      RunSet(static_cast<const SetStatement&>(statement));
      return Flow::kNext;
    case StatementKind::kSetBlock:
      return RunSetBlock(static_cast<const SetBlockStatement&>(statement));
    case StatementKind::kMacro: {
      const auto& node = static_cast<const MacroStatement&>(statement);
      At(node.target->slot) = Value(Type::kMacro, runtime_.Make<MacroObject>(0, &node.function, frame_));
      return Flow::kNext;
    }
    case StatementKind::kCallBlock:
      RunCallBlock(static_cast<const CallBlockStatement&>(statement));
      return Flow::kNext;
    case StatementKind::kFilterBlock:
      return RunFilterBlock(static_cast<const FilterBlockStatement&>(statement));
    case StatementKind::kWith:
      return RunWith(static_cast<const WithStatement&>(statement));
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNext;
}

Interpreter::Flow Interpreter::RunIf(const IfStatement& node) {
  for (const auto& [test, body] : node.branches) {
    if (Truth(Evaluate(*test))) return Run(body);
  }
  return Run(node.otherwise);
}

Interpreter::Flow Interpreter::RunFor(const ForStatement& node) {
  const Value items = Evaluate(*node.iterable);
  Ref<Iterator> iterator;
  int64_t length = -1;
  if (node.test != nullptr) {
    iterator = runtime_.Make<FilteredIterator>(0, items, *this, node);
  } else {
    iterator = Iterate(runtime_, items);
    if (HasLength(items)) length = Length(items);
  }
  Ref<LoopObject> loop;
  if (node.uses_loop) loop = runtime_.Make<LoopObject>(0, iterator, length);

  // Jinja runs the else part unless some pass came to the end of the body: a break or continue in every pass leaves it so.
  bool completed = false;
  for (Value item; loop ? loop->Next(item) : iterator->Next(item);) {
    line_ = node.line;
    Assign(*node.target, item);
    if (loop) At({.hops = 0, .index = node.loop_slot}) = Value(Type::kLoop, loop);
    Enter(node.body_scope);
    const Flow flow = Run(node.body);
    if (flow == Flow::kBreak) break;
    if (flow == Flow::kNext) completed = true;
  }
  Leave(node.body_scope);
  if (completed || node.otherwise.empty()) return Flow::kNext;
  Enter(node.otherwise_scope);
  const Flow flow = Run(node.otherwise);
  Leave(node.otherwise_scope);
  return flow;
}

void Interpreter::RunSet(const SetStatement& node) {
  if (!node.attribute.empty()) NamespaceAt(*node.target);  // checked before the value is computed
  AssignTo(*node.target, node.attribute, Evaluate(*node.value));
}

Interpreter::Flow Interpreter::Capture(const Scope& scope, const Block& body, Value& text) {
  TextBuffer out(runtime_);
  const Activation activation(*this, {}, &out);
  Enter(scope);
  const Flow flow = Run(body);
  if (flow == Flow::kNext) text = runtime_.String(out.Take());
  return flow;
}

Interpreter::Flow Interpreter::RunSetBlock(const SetBlockStatement& node) {
  Value text;
  if (const Flow flow = Capture(node.scope, node.body, text); flow != Flow::kNext) return flow;
  if (node.filter != nullptr) text = ApplyToBlock(*node.filter, std::move(text));
  AssignTo(*node.target, node.attribute, std::move(text));
  Leave(node.scope);
  return Flow::kNext;
}

Interpreter::Flow Interpreter::RunFilterBlock(const FilterBlockStatement& node) {
  Value text;
  if (const Flow flow = Capture(node.scope, node.body, text); flow != Flow::kNext) return flow;
  PrintText(ApplyToBlock(*node.filter, std::move(text)));
  Leave(node.scope);
  return Flow::kNext;
}

Interpreter::Flow Interpreter::RunWith(const WithStatement& node) {
  Enter(node.scope);
  for (const auto& [target, value] : node.assignments) Assign(*target, Evaluate(*value));
  const Flow flow = Run(node.body);
  Leave(node.scope);
  return flow;
}

void Interpreter::RunCallBlock(const CallBlockStatement& node) {
  const Value body(Type::kMacro, runtime_.Make<MacroObject>(0, &node.function, frame_));
  if (node.call == nullptr) return PrintText(CallMacro(body.As<MacroObject>(), {}));
  const Value callee = Evaluate(*node.call->callee);
  Arguments arguments = EvaluateArguments(node.call->arguments);
  arguments.named.emplace_back("caller", body);
  PrintText(Call(callee, std::move(arguments)));
}

void Interpreter::Print(const Value& value) {
  AppendStr(*out_, runtime_, value);
  CheckOutput();
}

void Interpreter::Print(std::string_view text) {
  out_->Append(text);
  CheckOutput();
}

// What filter and call blocks make must be text already, as in Jinja.
void Interpreter::PrintText(const Value& value) {
  if (!value.is_string()) FailType("a block gave a '" + std::string(TypeName(value)) + "' instead of text");
  Print(value.text());
}

void Interpreter::CheckOutput() {
  if (static_cast<int64_t>(out_->size()) > runtime_.limits().output_bytes) {
    Fail(ErrorCode::kMemory,
         "the template writes more than " + std::to_string(runtime_.limits().output_bytes) + " bytes");
  }
}

// ---- Variables

void Interpreter::Enter(const Scope& scope) {
  for (const ScopeEntry& entry : scope.entries) {
    Value value;
    if (entry.source == ScopeEntry::Source::kContext) value = FromContext(entry.name);
    if (entry.source == ScopeEntry::Source::kOuter) value = At(entry.outer);
    frame_->slots[entry.slot] = std::move(value);
  }
  runtime_.StepBytes(16 * scope.entries.size());
}

void Interpreter::Leave(const Scope& scope) {
  for (const uint32_t slot : scope.slots) frame_->slots[slot] = Value();
}

Value Interpreter::FromContext(const std::string& name) {
  if (const Value* found = context_.Find(name)) return *found;
  const Native* function = FindNative(GlobalFunctions(), name);
  return function == nullptr ? Value() : Value(Type::kFunction, runtime_.Make<FunctionObject>(0, function));
}

Value& Interpreter::At(Slot slot) {
  FrameObject* frame = frame_.get();
  for (uint32_t i = 0; i < slot.hops; ++i) frame = frame->parent.get();
  return frame->slots[slot.index];
}

void Interpreter::Assign(const Expr& target, const Value& value) {
  if (target.kind == ExprKind::kName) {
    At(static_cast<const NameExpr&>(target).slot) = value;
  } else {
    AssignTuple(static_cast<const ItemsExpr&>(target), value);
  }
}

void Interpreter::AssignTuple(const ItemsExpr& target, const Value& value) {
  const DepthGuard guard(runtime_);
  const Ref<Iterator> iterator = Iterate(runtime_, value);
  std::vector<Value> values;
  for (Value item; iterator->Next(item);) {
    if (values.size() == target.items.size()) {
      FailType("too many values to unpack (expected " + std::to_string(values.size()) + ")");
    }
    values.push_back(std::move(item));
  }
  if (values.size() < target.items.size()) {
    FailType("not enough values to unpack (expected " + std::to_string(target.items.size()) + ", got " +
             std::to_string(values.size()) + ")");
  }
  for (size_t i = 0; i < values.size(); ++i) Assign(*target.items[i], values[i]);
}

void Interpreter::AssignTo(const Expr& target, const std::string& attribute, Value value) {
  line_ = target.line;
  if (attribute.empty()) return Assign(target, value);
  NamespaceAt(target).attributes->Set(runtime_.String(attribute), std::move(value));
}

NamespaceObject& Interpreter::NamespaceAt(const Expr& target) {
  const Value& value = At(static_cast<const NameExpr&>(target).slot);
  if (!value.is(Type::kNamespace)) FailType("cannot assign attribute on non-namespace object");
  return value.As<NamespaceObject>();
}

Value Interpreter::ValueOfTarget(const Expr& target) {
  if (target.kind == ExprKind::kName) return At(static_cast<const NameExpr&>(target).slot);
  std::vector<Value> values;
  for (const ExprPtr& item : static_cast<const ItemsExpr&>(target).items) values.push_back(ValueOfTarget(*item));
  return runtime_.Tuple(std::move(values));
}

}  // namespace bantam::jinja
