#include "text/jinja/scope.h"

#include <map>
#include <set>

#include "base/error.h"
#include "text/jinja/lexer.h"

namespace bantam::jinja {
namespace {

// The frame of one function: which slot holds the variable of a name at a nesting depth.
struct FrameLayout {
  FrameLayout* parent = nullptr;
  std::map<std::pair<int, std::string>, uint32_t> slots;

  uint32_t SlotOf(int level, const std::string& name) {
    return slots.try_emplace({level, name}, static_cast<uint32_t>(slots.size())).first->second;
  }
  uint32_t HopsTo(const FrameLayout* outer) const {
    uint32_t hops = 0;
    for (const FrameLayout* at = this; at != outer; at = at->parent) ++hops;
    return hops;
  }
};

// The variables a scope has of its own and what each holds when the scope starts.
class Symbols {
 public:
  enum class Start : uint8_t { kParameter, kUnset, kContext, kOuter };

  Symbols(const Symbols* parent, FrameLayout* frame)
      : parent_(parent), frame_(frame), level_(parent == nullptr ? 0 : parent->level_ + 1) {}

  // One branch of an `if` in this scope: knows what the scope knew so far and keeps what it adds to itself.
  Symbols Branch() const {
    Symbols branch(parent_, frame_);
    branch.before_ = this;
    return branch;
  }

  void Load(const std::string& name) {
    if (Find(name) == nullptr) own_[name] = Start::kContext;
  }
  void Store(const std::string& name) {
    if (!Has(name)) own_[name] = StartWithout(Start::kUnset, name);
    stores_.insert(name);
  }
  void Declare(const std::string& name) {
    stores_.insert(name);
    own_[name] = Start::kParameter;
  }

  // Takes over what the three branches of an `if` (body, all elifs, else) added. Unless all three store a name, it must
  // have a value before the `if` already.
  void Merge(const std::vector<Symbols>& branches) {
    std::map<std::string, size_t> counts;
    for (const Symbols& branch : branches) {
      for (const std::string& name : branch.stores_) {
        if (!Stores(name)) ++counts[name];
      }
    }
    for (const Symbols& branch : branches) {
      for (const auto& [name, start] : branch.own_) own_[name] = start;
      stores_.insert(branch.stores_.begin(), branch.stores_.end());
    }
    for (const auto& [name, count] : counts) {
      if (count < branches.size()) own_[name] = StartWithout(Start::kContext, name);
    }
  }

  // The scope, this one or the nearest outer one, that has a variable of this name.
  const Symbols* Find(const std::string& name) const {
    for (const Symbols* at = this; at != nullptr; at = at->parent_) {
      if (at->Has(name)) return at;
    }
    return nullptr;
  }
  Start StartOf(const std::string& name) const { return own_.at(name); }

  Slot SlotOf(const std::string& name) const {
    const Symbols* owner = Find(name);
    return {.hops = frame_->HopsTo(owner->frame_), .index = owner->frame_->SlotOf(owner->level_, name)};
  }

  Scope MakeScope() const {
    Scope scope;
    for (const auto& [name, start] : own_) {
      const uint32_t slot = frame_->SlotOf(level_, name);
      scope.slots.push_back(slot);
      if (start == Start::kParameter) continue;
      ScopeEntry entry{.slot = slot, .source = ScopeEntry::Source::kUnset, .name = {}, .outer = {}};
      if (start == Start::kContext) {
        entry.source = ScopeEntry::Source::kContext;
        entry.name = name;
      } else if (start == Start::kOuter) {
        entry.source = ScopeEntry::Source::kOuter;
        const Symbols* owner = parent_->Find(name);
        entry.outer = {.hops = frame_->HopsTo(owner->frame_), .index = owner->frame_->SlotOf(owner->level_, name)};
      }
      scope.entries.push_back(std::move(entry));
    }
    return scope;
  }

  FrameLayout* frame() const { return frame_; }

 private:
  bool Has(const std::string& name) const { return own_.contains(name) || (before_ != nullptr && before_->Has(name)); }
  bool Stores(const std::string& name) const {
    return stores_.contains(name) || (before_ != nullptr && before_->Stores(name));
  }
  Start StartWithout(Start otherwise, const std::string& name) const {
    return parent_ != nullptr && parent_->Find(name) != nullptr ? Start::kOuter : otherwise;
  }

  const Symbols* parent_;
  const Symbols* before_ = nullptr;  // of a branch: the scope in front of the `if`
  FrameLayout* frame_;
  int level_;
  std::map<std::string, Start> own_;
  std::set<std::string> stores_;
};

// ---- First pass over a scope: its own names, in the order in which the template mentions them

void CollectExpr(Expr& expr, Symbols& symbols) {
  if (expr.kind == ExprKind::kName) {
    const auto& name = static_cast<NameExpr&>(expr);
    if (name.use == NameUse::kLoad) symbols.Load(name.name);
    if (name.use == NameUse::kStore) symbols.Store(name.name);
    if (name.use == NameUse::kParameter) symbols.Declare(name.name);
    return;
  }
  ForEachChild(expr, [&](Expr& child) { CollectExpr(child, symbols); });
}

void CollectBlock(const Block& block, Symbols& symbols);

void CollectIf(const IfStatement& node, Symbols& symbols) {
  const auto collect = [&](Symbols& into, const ExprPtr& test, const Block& body, auto&& elifs,
                           const Block* otherwise) {
    CollectExpr(*test, into);
    std::vector<Symbols> branches(3, into.Branch());
    CollectBlock(body, branches[0]);
    elifs(branches[1]);
    if (otherwise != nullptr) CollectBlock(*otherwise, branches[2]);
    into.Merge(branches);
  };
  const auto& [test, body] = node.branches[0];
  const auto elifs = [&](Symbols& into) {
    for (size_t i = 1; i < node.branches.size(); ++i) {
      collect(into, node.branches[i].first, node.branches[i].second, [](Symbols&) {}, nullptr);
    }
  };
  collect(symbols, test, body, elifs, &node.otherwise);
}

// What a statement reads and assigns in the scope it stands in; what stands in scopes of its own is left out.
void CollectStatement(const Statement& statement, Symbols& symbols) {
  switch (statement.kind) {
    case StatementKind::kText:
    case StatementKind::kBreak:
    case StatementKind::kContinue:
      return;
    case StatementKind::kPrint:
      return CollectExpr(*static_cast<const PrintStatement&>(statement).expression, symbols);
    case StatementKind::kIf:
      return CollectIf(static_cast<const IfStatement&>(statement), symbols);
    case StatementKind::kFor:
      return CollectExpr(*static_cast<const ForStatement&>(statement).iterable, symbols);
    case StatementKind::kSet:
      CollectExpr(*static_cast<const SetStatement&>(statement).value, symbols);
      return CollectExpr(*static_cast<const SetStatement&>(statement).target, symbols);
    case StatementKind::kSetBlock:
      return CollectExpr(*static_cast<const SetBlockStatement&>(statement).target, symbols);
    case StatementKind::kMacro:
      return symbols.Store(static_cast<const MacroStatement&>(statement).function.name);
    case StatementKind::kCallBlock: {
      const auto& call = static_cast<const CallBlockStatement&>(statement).call;
      return call == nullptr ? void() : CollectExpr(*call, symbols);
    }
    case StatementKind::kFilterBlock:
      return CollectExpr(*static_cast<const FilterBlockStatement&>(statement).filter, symbols);
    case StatementKind::kWith:
      for (const auto& [target, value] : static_cast<const WithStatement&>(statement).assignments) {
        CollectExpr(*value, symbols);
      }
  }
}

void CollectBlock(const Block& block, Symbols& symbols) {
  for (const auto& statement : block) CollectStatement(*statement, symbols);
}

// ---- Every name of a block, at any depth, in the order of Jinja's syntax tree

using NameVisitor = std::function<void(const NameExpr&)>;

void WalkExpr(Expr& expr, const NameVisitor& visit) {
  if (expr.kind == ExprKind::kName) return visit(static_cast<NameExpr&>(expr));
  ForEachChild(expr, [&](Expr& child) { WalkExpr(child, visit); });
}

void WalkBlock(const Block& block, const NameVisitor& visit);

void WalkFunction(const Function& function, const NameVisitor& visit) {
  for (const auto& parameter : function.parameters) visit(*parameter);
  for (const ExprPtr& value : function.defaults) WalkExpr(*value, visit);
  WalkBlock(function.body, visit);
}

void WalkStatement(const Statement& statement, const NameVisitor& visit) {
  switch (statement.kind) {
    case StatementKind::kText:
    case StatementKind::kBreak:
    case StatementKind::kContinue:
      return;
    case StatementKind::kPrint:
      return WalkExpr(*static_cast<const PrintStatement&>(statement).expression, visit);
    case StatementKind::kIf: {
      const auto& node = static_cast<const IfStatement&>(statement);
      for (const auto& [test, body] : node.branches) {
        WalkExpr(*test, visit);
        WalkBlock(body, visit);
      }
      return WalkBlock(node.otherwise, visit);
    }
    case StatementKind::kFor: {
      const auto& node = static_cast<const ForStatement&>(statement);
      WalkExpr(*node.target, visit);
      WalkExpr(*node.iterable, visit);
      WalkBlock(node.body, visit);
      WalkBlock(node.otherwise, visit);
      return node.test == nullptr ? void() : WalkExpr(*node.test, visit);
    }
    case StatementKind::kSet: {
      const auto& node = static_cast<const SetStatement&>(statement);
      if (node.attribute.empty()) WalkExpr(*node.target, visit);
      return WalkExpr(*node.value, visit);
    }
    case StatementKind::kSetBlock: {
      const auto& node = static_cast<const SetBlockStatement&>(statement);
      if (node.attribute.empty()) WalkExpr(*node.target, visit);
      if (node.filter != nullptr) WalkExpr(*node.filter, visit);
      return WalkBlock(node.body, visit);
    }
    case StatementKind::kMacro:
      return WalkFunction(static_cast<const MacroStatement&>(statement).function, visit);
    case StatementKind::kCallBlock: {
      const auto& node = static_cast<const CallBlockStatement&>(statement);
      if (node.call != nullptr) WalkExpr(*node.call, visit);
      return WalkFunction(node.function, visit);
    }
    case StatementKind::kFilterBlock: {
      const auto& node = static_cast<const FilterBlockStatement&>(statement);
      WalkBlock(node.body, visit);
      return WalkExpr(*node.filter, visit);
    }
    case StatementKind::kWith: {
      const auto& node = static_cast<const WithStatement&>(statement);
      for (const auto& [target, value] : node.assignments) WalkExpr(*target, visit);
      for (const auto& [target, value] : node.assignments) WalkExpr(*value, visit);
      WalkBlock(node.body, visit);
    }
  }
}

void WalkBlock(const Block& block, const NameVisitor& visit) {
  for (const auto& statement : block) WalkStatement(*statement, visit);
}

// Which of `names` the block reads before it assigns them.
std::set<std::string> FindUndeclared(const Block& block, std::set<std::string> names) {
  std::set<std::string> undeclared;
  WalkBlock(block, [&](const NameExpr& name) {
    if (name.use == NameUse::kLoad && names.contains(name.name)) {
      undeclared.insert(name.name);
    } else {
      names.erase(name.name);
    }
  });
  return undeclared;
}

// ---- Second pass: slots for names, and the scopes inside

class Binder {
 public:
  explicit Binder(const std::string& name) : name_(name) {}

  void BindTemplate(TemplateTree& tree) {
    FrameLayout frame;
    Symbols symbols(nullptr, &frame);
    CollectBlock(tree.body, symbols);
    BindBlock(tree.body, symbols, false);
    tree.scope = symbols.MakeScope();
    tree.slot_count = static_cast<uint32_t>(frame.slots.size());
  }

 private:
  [[noreturn]] void FailAt(ErrorCode code, int line, std::string what) const {
    Fail(code, std::move(what), At(name_, line));
  }

  // `soft`: in an `if` or a conditional expression of the same scope.
  void BindExpr(Expr& expr, const Symbols& symbols, bool soft) {
    if (expr.kind == ExprKind::kName) return BindName(static_cast<NameExpr&>(expr), symbols);
    if (expr.kind == ExprKind::kFilter || expr.kind == ExprKind::kTest) {
      if (!soft) CheckKnown(static_cast<ApplyExpr&>(expr));
    }
    const bool soft_inside = soft || expr.kind == ExprKind::kConditional;
    ForEachChild(expr, [&](Expr& child) { BindExpr(child, symbols, soft_inside); });
  }

  void BindName(NameExpr& name, const Symbols& symbols) {
    name.slot = symbols.SlotOf(name.name);
    if (name.name == "self" && symbols.Find(name.name)->StartOf(name.name) == Symbols::Start::kContext) {
      FailAt(ErrorCode::kUnsupported, name.line, "the variable 'self' is not supported");
    }
  }

  void CheckKnown(const ApplyExpr& node) const {
    const std::string what = (node.kind == ExprKind::kFilter ? "filter '" : "test '") + node.name + "'";
    if (node.native == nullptr) FailAt(ErrorCode::kFormat, node.line, "no " + what + " is known");
    if (node.native->call == nullptr && node.native->call_raw == nullptr) {
      FailAt(ErrorCode::kUnsupported, node.line, "the " + what + " is not supported");
    }
  }

  void BindBlock(const Block& block, const Symbols& symbols, bool soft) {
    for (const auto& statement : block) BindStatement(*statement, symbols, soft);
  }

  void BindStatement(Statement& statement, const Symbols& symbols, bool soft) {
    switch (statement.kind) {
      case StatementKind::kText:
      case StatementKind::kBreak:
      case StatementKind::kContinue:
        return;
      case StatementKind::kPrint:
        return BindExpr(*static_cast<PrintStatement&>(statement).expression, symbols, soft);
      case StatementKind::kIf: {
        auto& node = static_cast<IfStatement&>(statement);
        for (const auto& [test, body] : node.branches) {
          BindExpr(*test, symbols, true);
          BindBlock(body, symbols, true);
        }
        return BindBlock(node.otherwise, symbols, true);
      }
      case StatementKind::kFor:
        return BindFor(static_cast<ForStatement&>(statement), symbols, soft);
      case StatementKind::kSet:
        BindExpr(*static_cast<SetStatement&>(statement).target, symbols, soft);
        return BindExpr(*static_cast<SetStatement&>(statement).value, symbols, soft);
      case StatementKind::kSetBlock:
        return BindSetBlock(static_cast<SetBlockStatement&>(statement), symbols, soft);
      case StatementKind::kMacro: {
        auto& node = static_cast<MacroStatement&>(statement);
        BindName(*node.target, symbols);
        return BindFunction(node.function, symbols, node.line);
      }
      case StatementKind::kCallBlock: {
        auto& node = static_cast<CallBlockStatement&>(statement);
        if (node.call != nullptr) BindExpr(*node.call, symbols, soft);
        return BindFunction(node.function, symbols, node.line);
      }
      case StatementKind::kFilterBlock: {
        auto& node = static_cast<FilterBlockStatement&>(statement);
        Symbols inner(&symbols, symbols.frame());
        CollectBlock(node.body, inner);
        CollectExpr(*node.filter, inner);
        BindBlock(node.body, inner, false);
        BindExpr(*node.filter, inner, false);
        node.scope = inner.MakeScope();
        return;
      }
      case StatementKind::kWith:
        return BindWith(static_cast<WithStatement&>(statement), symbols, soft);
    }
  }

  void BindFor(ForStatement& node, const Symbols& symbols, bool soft) {
    BindExpr(*node.iterable, symbols, soft);
    const auto forbid_loop = [&](const NameExpr& name) {
      if (name.name == "loop" && name.use != NameUse::kLoad) {
        FailAt(ErrorCode::kFormat, name.line, "the special variable 'loop' cannot be assigned to");
      }
    };
    WalkExpr(*node.target, forbid_loop);
    const auto forbid_stores = [&](const NameExpr& name) {
      if (name.use == NameUse::kStore) forbid_loop(name);
    };
    WalkBlock(node.body, forbid_stores);
    WalkBlock(node.otherwise, forbid_stores);

    Symbols body(&symbols, symbols.frame());
    node.uses_loop = FindUndeclared(node.body, {"loop"}).contains("loop");
    if (node.uses_loop) body.Declare("loop");
    CollectExpr(*node.target, body);
    CollectBlock(node.body, body);
    if (node.uses_loop) node.loop_slot = body.SlotOf("loop").index;
    BindExpr(*node.target, body, false);
    BindBlock(node.body, body, false);
    node.body_scope = body.MakeScope();

    Symbols otherwise(&symbols, symbols.frame());
    CollectBlock(node.otherwise, otherwise);
    BindBlock(node.otherwise, otherwise, false);
    node.otherwise_scope = otherwise.MakeScope();

    if (node.test == nullptr) return;
    FrameLayout frame{.parent = symbols.frame(), .slots = {}};
    Symbols test(&symbols, &frame);
    CollectExpr(*node.test_target, test);
    CollectExpr(*node.test, test);
    BindExpr(*node.test_target, test, false);
    BindExpr(*node.test, test, false);
    node.test_scope = test.MakeScope();
    node.test_slots = static_cast<uint32_t>(frame.slots.size());
  }

  void BindSetBlock(SetBlockStatement& node, const Symbols& symbols, bool soft) {
    BindExpr(*node.target, symbols, soft);
    Symbols inner(&symbols, symbols.frame());
    CollectBlock(node.body, inner);
    if (node.filter != nullptr) CollectExpr(*node.filter, inner);
    BindBlock(node.body, inner, false);
    if (node.filter != nullptr) BindExpr(*node.filter, inner, false);
    node.scope = inner.MakeScope();
  }

  void BindWith(WithStatement& node, const Symbols& symbols, bool soft) {
    Symbols inner(&symbols, symbols.frame());
    for (const auto& [target, value] : node.assignments) CollectExpr(*target, inner);
    CollectBlock(node.body, inner);
    for (const auto& [target, value] : node.assignments) {
      BindExpr(*target, inner, false);
      BindExpr(*value, symbols, soft);
    }
    BindBlock(node.body, inner, false);
    node.scope = inner.MakeScope();
  }

  void BindFunction(Function& function, const Symbols& symbols, int line) {
    FrameLayout frame{.parent = symbols.frame(), .slots = {}};
    Symbols inner(&symbols, &frame);
    bool has_kwargs = false, has_varargs = false;
    for (size_t i = 0; i < function.parameters.size(); ++i) {
      const std::string& name = function.parameters[i]->name;
      has_kwargs |= name == "kwargs";
      has_varargs |= name == "varargs";
      function.declares_caller |= name == "caller";
      inner.Declare(name);
    }
    for (const ExprPtr& value : function.defaults) CollectExpr(*value, inner);
    CollectBlock(function.body, inner);

    const std::set<std::string> special = FindUndeclared(function.body, {"caller", "kwargs", "varargs"});
    if (special.contains("caller") && function.declares_caller) CheckCallerDefault(function, line);
    function.uses_caller = special.contains("caller") && !function.declares_caller;
    function.uses_kwargs = special.contains("kwargs") && !has_kwargs;
    function.uses_varargs = special.contains("varargs") && !has_varargs;
    const auto declare = [&](bool used, const char* name, uint32_t& slot) {
      if (!used) return;
      inner.Declare(name);
      slot = inner.SlotOf(name).index;
    };
    declare(function.uses_caller, "caller", function.caller_slot);
    declare(function.uses_kwargs, "kwargs", function.kwargs_slot);
    declare(function.uses_varargs, "varargs", function.varargs_slot);

    for (const auto& parameter : function.parameters) BindName(*parameter, inner);
    for (const ExprPtr& value : function.defaults) BindExpr(*value, inner, false);
    BindBlock(function.body, inner, false);
    function.scope = inner.MakeScope();
    function.slot_count = static_cast<uint32_t>(frame.slots.size());
  }

  void CheckCallerDefault(const Function& function, int line) const {
    const size_t without_default = function.parameters.size() - function.defaults.size();
    for (size_t i = 0; i < without_default; ++i) {
      if (function.parameters[i]->name == "caller") {
        FailAt(ErrorCode::kFormat, line, "the special parameter 'caller' needs a default");
      }
    }
  }

  const std::string& name_;
};

}  // namespace

void ResolveNames(TemplateTree& tree, const std::string& name) { Binder(name).BindTemplate(tree); }

}  // namespace bantam::jinja
