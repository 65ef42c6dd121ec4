#include "text/jinja/ast.h"

namespace bantam::jinja {
namespace {

using Visitor = std::function<void(Expr&)>;

void VisitOptional(const ExprPtr& expr, const Visitor& visit) {
  if (expr != nullptr) visit(*expr);
}

void VisitArguments(const ArgumentList& arguments, const Visitor& visit) {
  for (const ExprPtr& argument : arguments.positional) visit(*argument);
  for (const auto& [name, argument] : arguments.named) visit(*argument);
  VisitOptional(arguments.spread, visit);
  VisitOptional(arguments.spread_named, visit);
}

template <typename Node>
const Node& As(const Expr& expr) {
  return static_cast<const Node&>(expr);
}

}  // namespace

void ForEachChild(const Expr& expr, const Visitor& visit) {
  switch (expr.kind) {
    case ExprKind::kConstant:
    case ExprKind::kName:
      return;
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kConcat:
      for (const ExprPtr& item : As<ItemsExpr>(expr).items) visit(*item);
      return;
    case ExprKind::kDict:
      for (const auto& [key, value] : As<DictExpr>(expr).entries) {
        visit(*key);
        visit(*value);
      }
      return;
    case ExprKind::kConditional: {
      const auto& node = As<ConditionalExpr>(expr);
      visit(*node.test);
      visit(*node.then);
      return VisitOptional(node.otherwise, visit);
    }
    case ExprKind::kLogic:
      for (const ExprPtr& operand : As<LogicExpr>(expr).operands) visit(*operand);
      return;
    case ExprKind::kNot:
    case ExprKind::kSign:
      return visit(*As<UnaryExpr>(expr).operand);
    case ExprKind::kCompare:
      visit(*As<CompareExpr>(expr).first);
      for (const auto& [comparison, operand] : As<CompareExpr>(expr).rest) visit(*operand);
      return;
    case ExprKind::kArithmetic:
      visit(*As<ArithmeticExpr>(expr).first);
      for (const auto& [operation, operand] : As<ArithmeticExpr>(expr).rest) visit(*operand);
      return;
    case ExprKind::kAttribute:
      return visit(*As<AttributeExpr>(expr).object);
    case ExprKind::kItem:
      visit(*As<ItemExpr>(expr).object);
      return visit(*As<ItemExpr>(expr).key);
    case ExprKind::kSlice: {
      const auto& node = As<SliceExpr>(expr);
      visit(*node.object);
      VisitOptional(node.start, visit);
      VisitOptional(node.stop, visit);
      return VisitOptional(node.step, visit);
    }
    case ExprKind::kCall:
      visit(*As<CallExpr>(expr).callee);
      return VisitArguments(As<CallExpr>(expr).arguments, visit);
    case ExprKind::kFilter:
    case ExprKind::kTest:
      VisitOptional(As<ApplyExpr>(expr).input, visit);
      return VisitArguments(As<ApplyExpr>(expr).arguments, visit);
  }
}

}  // namespace bantam::jinja
