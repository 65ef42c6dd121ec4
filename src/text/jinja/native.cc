#include "text/jinja/native.h"

#include <algorithm>

#include "text/jinja/compare.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

struct Parameter {
  std::string_view name;
  bool optional = false;
  bool positional_only = false;
};

Parameter NextParameter(std::string_view& parameters) {
  const size_t end = std::min(parameters.find(' '), parameters.size());
  Parameter parameter{.name = parameters.substr(0, end)};
  parameters.remove_prefix(std::min(end + 1, parameters.size()));
  if (parameter.name.ends_with('?')) {
    parameter.optional = true;
    parameter.name.remove_suffix(1);
  }
  if (parameter.name.ends_with('/')) {
    parameter.positional_only = true;
    parameter.name.remove_suffix(1);
  }
  return parameter;
}

// One value for each parameter.
std::vector<Value> Bind(const Native& native, Arguments arguments) {
  std::vector<Value> bound;
  size_t used_names = 0;
  std::string_view rest = native.parameters;
  while (!rest.empty()) {
    const Parameter parameter = NextParameter(rest);
    Value value;
    if (bound.size() < arguments.positional.size()) value = std::move(arguments.positional[bound.size()]);
    for (auto& [name, named] : arguments.named) {
      if (parameter.positional_only || name != parameter.name) continue;
      if (!value.is_missing()) {
        FailType(std::string(native.name) + "() got several values for argument '" + name + "'");
      }
      value = std::move(named);
      ++used_names;
    }
    if (value.is_missing() && !parameter.optional) {
      FailType(std::string(native.name) + "() misses argument '" + std::string(parameter.name) + "'");
    }
    bound.push_back(std::move(value));
  }
  if (arguments.positional.size() > bound.size()) {
    FailType(std::string(native.name) + "() takes at most " + std::to_string(bound.size()) + " arguments, " +
             std::to_string(arguments.positional.size()) + " were given");
  }
  if (used_names < arguments.named.size()) FailType(std::string(native.name) + "() got an unknown keyword argument");
  return bound;
}

}  // namespace

Value CallNative(Runtime& runtime, const Native& native, std::string_view what, Arguments arguments) {
  runtime.Step();
  if (native.call_raw != nullptr) return native.call_raw(runtime, arguments);
  if (native.call == nullptr) FailUnsupported(std::string(what) + " '" + std::string(native.name) + "'");
  return native.call(runtime, Bind(native, std::move(arguments)));
}

const Native* FindNative(std::span<const Native> table, std::string_view name) {
  const auto found =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const Native& native, std::string_view wanted) { return native.name < wanted; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

bool TruthOr(const Value& value, bool otherwise) { return value.is_missing() ? otherwise : Truth(value); }

int64_t IntegerOr(const Value& value, int64_t otherwise) {
  return value.is_missing() ? otherwise : RequireInteger(value);
}

int64_t RequireInteger(const Value& value) {
  if (!value.is_integer())
    FailType("'" + std::string(TypeName(value)) + "' object cannot be interpreted as an integer");
  return value.integer();
}

const std::string& RequireText(const Value& value) {
  if (!value.is_string()) FailType("a string is needed, not '" + std::string(TypeName(value)) + "'");
  return value.text();
}

}  // namespace bantam::jinja
