#include "text/jinja/attributes.h"
#include "text/jinja/compare.h"
#include "text/jinja/interpreter.h"
#include "text/jinja/repr.h"

namespace bantam::jinja {

Value Interpreter::Evaluate(const Expr& expr) {
  const DepthGuard guard(runtime_);
  runtime_.Step();
  line_ = expr.line;
  switch (expr.kind) {
    case ExprKind::kConstant:
      return EvaluateConstant(static_cast<const ConstantExpr&>(expr));
    case ExprKind::kName:
      return EvaluateName(static_cast<const NameExpr&>(expr));
    case ExprKind::kTuple:
    case ExprKind::kList:
      return EvaluateItems(static_cast<const ItemsExpr&>(expr));
    case ExprKind::kDict:
      return EvaluateDict(static_cast<const DictExpr&>(expr));
    case ExprKind::kConditional:
      return EvaluateConditional(static_cast<const ConditionalExpr&>(expr));
    case ExprKind::kLogic:
      return EvaluateLogic(static_cast<const LogicExpr&>(expr));
    case ExprKind::kNot:
      return Value::Bool(!Truth(Evaluate(*static_cast<const UnaryExpr&>(expr).operand)));
    case ExprKind::kSign:
      return EvaluateSign(static_cast<const UnaryExpr&>(expr));
    case ExprKind::kCompare:
      return EvaluateCompare(static_cast<const CompareExpr&>(expr));
    case ExprKind::kArithmetic:
      return EvaluateArithmetic(static_cast<const ArithmeticExpr&>(expr));
    case ExprKind::kConcat:
      return EvaluateConcat(static_cast<const ItemsExpr&>(expr));
    case ExprKind::kAttribute: {
      const auto& node = static_cast<const AttributeExpr&>(expr);
      const Value object = Evaluate(*node.object);
      line_ = node.line;
      return GetAttribute(runtime_, object, node.name);
    }
    case ExprKind::kItem:
      return EvaluateItem(static_cast<const ItemExpr&>(expr));
    case ExprKind::kSlice:
      return EvaluateSlice(static_cast<const SliceExpr&>(expr));
    case ExprKind::kCall:
      return EvaluateCall(static_cast<const CallExpr&>(expr));
    case ExprKind::kFilter:
    case ExprKind::kTest:
      return EvaluateApply(static_cast<const ApplyExpr&>(expr));
  }
  return {};
}

Value Interpreter::EvaluateOr(const ExprPtr& expr, Value otherwise) {
  return expr == nullptr ? std::move(otherwise) : Evaluate(*expr);
}

Value Interpreter::EvaluateConstant(const ConstantExpr& node) {
  if (const auto* text = std::get_if<std::string>(&node.literal)) {
    Value& value = constants_[node.index];
    if (value.is_missing()) value = runtime_.String(*text);
    return value;
  }
  if (const auto* integer = std::get_if<int64_t>(&node.literal)) return Value::Int(*integer);
  if (const auto* boolean = std::get_if<bool>(&node.literal)) return Value::Bool(*boolean);
  if (const auto* real = std::get_if<double>(&node.literal)) return Value::Float(*real);
  return Value::None();
}

Value Interpreter::EvaluateName(const NameExpr& node) {
  const Value& value = At(node.slot);
  return value.is_missing() ? runtime_.Undefined("'" + node.name + "' is undefined") : value;
}

Value Interpreter::EvaluateItems(const ItemsExpr& node) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const ExprPtr& item : node.items) items.push_back(Evaluate(*item));
  return node.kind == ExprKind::kList ? runtime_.List(std::move(items)) : runtime_.Tuple(std::move(items));
}

Value Interpreter::EvaluateDict(const DictExpr& node) {
  const Ref<DictObject> dict = runtime_.Make<DictObject>(0);
  for (const auto& [key, value] : node.entries) {
    const Value evaluated_key = Evaluate(*key);
    dict->Set(evaluated_key, Evaluate(*value));
  }
  return Value(Type::kDict, dict);
}

Value Interpreter::EvaluateConditional(const ConditionalExpr& node) {
  if (Truth(Evaluate(*node.test))) return Evaluate(*node.then);
  if (node.otherwise != nullptr) return Evaluate(*node.otherwise);
  return runtime_.Undefined("the inline if-expression on line " + std::to_string(node.line) +
                            " evaluated to false and no else section was defined.");
}

Value Interpreter::EvaluateLogic(const LogicExpr& node) {
  Value value;
  for (const ExprPtr& operand : node.operands) {
    value = Evaluate(*operand);
    if (Truth(value) != node.is_and) break;
  }
  return value;
}

Value Interpreter::EvaluateSign(const UnaryExpr& node) {
  const Value value = Evaluate(*node.operand);
  line_ = node.line;
  return node.minus ? Negate(value) : Posate(value);
}

Value Interpreter::EvaluateCompare(const CompareExpr& node) {
  Value left = Evaluate(*node.first);
  for (const auto& [comparison, operand] : node.rest) {
    Value right = Evaluate(*operand);
    line_ = node.line;
    if (!Compare(comparison, left, right)) return Value::Bool(false);
    left = std::move(right);
  }
  return Value::Bool(true);
}

bool Interpreter::Compare(Comparison comparison, const Value& a, const Value& b) {
  switch (comparison) {
    case Comparison::kEqual:
      return Equal(runtime_, a, b);
    case Comparison::kNotEqual:
      return !Equal(runtime_, a, b);
    case Comparison::kLess:
      return Less(runtime_, a, b);
    case Comparison::kLessOrEqual:
      return LessOrEqual(runtime_, a, b);
    case Comparison::kGreater:
      return Less(runtime_, b, a);
    case Comparison::kGreaterOrEqual:
      return LessOrEqual(runtime_, b, a);
    case Comparison::kIn:
      return Contains(runtime_, b, a);
    case Comparison::kNotIn:
      return !Contains(runtime_, b, a);
  }
  return false;
}

Value Interpreter::EvaluateArithmetic(const ArithmeticExpr& node) {
  Value left = Evaluate(*node.first);
  for (const auto& [operation, operand] : node.rest) {
    const Value right = Evaluate(*operand);
    line_ = node.line;
    left = Apply(runtime_, operation, left, right);
  }
  return left;
}

Value Interpreter::EvaluateConcat(const ItemsExpr& node) {
  // All operands first: printing one could fail, and Python would report a failing later operand before that.
  std::vector<Value> values;
  values.reserve(node.items.size());
  for (const ExprPtr& item : node.items) values.push_back(Evaluate(*item));
  line_ = node.line;
  TextBuffer out(runtime_);
  for (const Value& value : values) AppendStr(out, runtime_, value);
  return runtime_.String(out.Take());
}

Value Interpreter::EvaluateItem(const ItemExpr& node) {
  const Value object = Evaluate(*node.object);
  const Value key = Evaluate(*node.key);
  line_ = node.line;
  return GetItem(runtime_, object, key);
}

Value Interpreter::EvaluateSlice(const SliceExpr& node) {
  const Value object = Evaluate(*node.object);
  const Value start = EvaluateOr(node.start, {});
  const Value stop = EvaluateOr(node.stop, {});
  const Value step = EvaluateOr(node.step, {});
  line_ = node.line;
  return GetSlice(runtime_, object, start, stop, step);
}

Value Interpreter::EvaluateCall(const CallExpr& node) {
  const Value callee = Evaluate(*node.callee);
  Arguments arguments = EvaluateArguments(node.arguments);
  line_ = node.line;
  return Call(callee, std::move(arguments));
}

Value Interpreter::EvaluateApply(const ApplyExpr& node, Value input) {
  const std::string_view what = node.kind == ExprKind::kFilter ? "filter" : "test";
  if (input.is_missing()) input = Evaluate(*node.input);
  Arguments arguments = EvaluateArguments(node.arguments);
  line_ = node.line;
  if (node.native == nullptr) FailType("no " + std::string(what) + " named '" + node.name + "' is known");
  arguments.positional.insert(arguments.positional.begin(), std::move(input));
  return CallNative(runtime_, *node.native, what, std::move(arguments));
}

Value Interpreter::ApplyToBlock(const Expr& filter, Value text) {
  const auto& node = static_cast<const ApplyExpr&>(filter);
  if (node.input != nullptr) text = ApplyToBlock(*node.input, std::move(text));
  return EvaluateApply(node, std::move(text));
}

}  // namespace bantam::jinja
