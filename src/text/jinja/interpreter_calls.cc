#include <algorithm>

#include "text/jinja/interpreter.h"
#include "text/jinja/iterator.h"
#include "text/jinja/macro.h"

namespace bantam::jinja {

Arguments Interpreter::EvaluateArguments(const ArgumentList& list) {
  Arguments arguments;
  for (const ExprPtr& argument : list.positional) arguments.positional.push_back(Evaluate(*argument));
  for (const auto& [name, argument] : list.named) arguments.named.emplace_back(name, Evaluate(*argument));
  if (list.spread != nullptr) {
    for (Value& value : Collect(runtime_, Evaluate(*list.spread))) arguments.positional.push_back(std::move(value));
  }
  if (list.spread_named != nullptr) {
    const Value dict = Evaluate(*list.spread_named);
    if (!dict.is(Type::kDict)) FailType("argument after ** must be a mapping, not " + std::string(TypeName(dict)));
    for (const auto& [key, value] : dict.dict().entries()) {
      runtime_.Step();
      if (!key.is_string()) FailType("keywords must be strings");
      arguments.named.emplace_back(key.text(), value);
    }
  }
  return arguments;
}

Value Interpreter::Call(const Value& callee, Arguments arguments) {
  switch (callee.type()) {
    case Type::kMacro:
      return CallMacro(callee.As<MacroObject>(), std::move(arguments));
    case Type::kFunction:
      return CallNative(runtime_, *callee.As<FunctionObject>().native, "function", std::move(arguments));
    case Type::kMethod: {
      const auto& method = callee.As<MethodObject>();
      arguments.positional.insert(arguments.positional.begin(), method.self);
      return CallNative(runtime_, *method.native, "method", std::move(arguments));
    }
    case Type::kUndefined:
      FailUndefined(callee);
    case Type::kLoop:
      FailUnsupported("a recursive loop");
    default:
      FailType("'" + std::string(TypeName(callee)) + "' object is not callable");
  }
}

Value Interpreter::CallMacro(const MacroObject& macro, Arguments arguments) {
  const Function& function = *macro.function;
  if (++calls_ > runtime_.limits().depth) {
    Fail(ErrorCode::kMemory, "more than " + std::to_string(runtime_.limits().depth) + " macro calls inside each other");
  }
  const Ref<FrameObject> frame =
      runtime_.Make<FrameObject>(function.slot_count * sizeof(Value), function.slot_count, macro.closure);
  TextBuffer out(runtime_);
  {
    const Activation activation(*this, frame, &out);
    Enter(function.scope);
    BindParameters(function, arguments);
    BindSpecials(function, arguments);
    FillDefaults(function);
    Run(function.body);
  }
  --calls_;
  return runtime_.String(out.Take());
}

// Gives the parameters their arguments and takes those out of `arguments`.
void Interpreter::BindParameters(const Function& function, Arguments& arguments) {
  const size_t by_position = std::min(arguments.positional.size(), function.parameters.size());
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    Value& slot = At(function.parameters[i]->slot);
    if (i < by_position) {
      slot = arguments.positional[i];
      continue;
    }
    const auto named = std::find_if(arguments.named.begin(), arguments.named.end(),
                                    [&](const auto& entry) { return entry.first == function.parameters[i]->name; });
    if (named == arguments.named.end()) continue;
    slot = std::move(named->second);
    arguments.named.erase(named);
  }
  arguments.positional.erase(arguments.positional.begin(),
                             arguments.positional.begin() + static_cast<int64_t>(by_position));
}

// The variables caller, kwargs and varargs; what they do not take must not be left over.
void Interpreter::BindSpecials(const Function& function, Arguments& arguments) {
  if (function.uses_caller) {
    const auto caller = std::find_if(arguments.named.begin(), arguments.named.end(),
                                     [](const auto& entry) { return entry.first == "caller"; });
    Value& slot = At({.hops = 0, .index = function.caller_slot});
    if (caller == arguments.named.end() || caller->second.is_none()) {
      slot = runtime_.Undefined("No caller defined");
    } else {
      slot = caller->second;
    }
    if (caller != arguments.named.end()) arguments.named.erase(caller);
  }
  if (function.uses_kwargs) {
    const Ref<DictObject> dict = runtime_.Make<DictObject>(0);
    for (auto& [name, value] : arguments.named) dict->Set(runtime_.String(name), std::move(value));
    At({.hops = 0, .index = function.kwargs_slot}) = Value(Type::kDict, dict);
  } else if (!arguments.named.empty()) {
    FailType("macro '" + function.name + "' takes no keyword argument '" + arguments.named[0].first + "'");
  }
  if (function.uses_varargs) {
    At({.hops = 0, .index = function.varargs_slot}) = runtime_.Tuple(std::move(arguments.positional));
  } else if (!arguments.positional.empty()) {
    FailType("macro '" + function.name + "' takes not more than " + std::to_string(function.parameters.size()) +
             " argument(s)");
  }
}

void Interpreter::FillDefaults(const Function& function) {
  const size_t without_default = function.parameters.size() - function.defaults.size();
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const Slot slot = function.parameters[i]->slot;
    if (!At(slot).is_missing()) continue;
    At(slot) = i < without_default
                   ? runtime_.Undefined("parameter '" + function.parameters[i]->name + "' was not provided")
                   : Evaluate(*function.defaults[i - without_default]);
  }
}

}  // namespace bantam::jinja
