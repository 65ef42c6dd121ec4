// Functions of the template language that are written in C++: filters, tests, methods and globals, with Python's rules for
// positional, named and optional arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

// Arguments of a call as written, after * and ** were spread.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

struct Native {
  std::string_view name;
  // Names of the parameters, separated by spaces. "?" at the end: may be left out, and is then kMissing. "/" at the end:
  // has no name in Python (before "?"). "*" alone: the function takes the arguments as they come.
  std::string_view parameters;
  // Of the two the one that fits `parameters` is set; both null: known to Python or Jinja, not supported here.
  Value (*call)(Runtime& runtime, std::span<const Value> arguments) = nullptr;
  Value (*call_raw)(Runtime& runtime, const Arguments& arguments) = nullptr;
};

// `what` names the kind of function in errors: "filter", "test", "method", "function". A function with neither pointer is
// kUnsupported; arguments that do not fit are a type error.
Value CallNative(Runtime& runtime, const Native& native, std::string_view what, Arguments arguments);

// The entry of this name in a table sorted by name; null when there is none.
const Native* FindNative(std::span<const Native> table, std::string_view name);

// Readers of arguments, with errors that name the function and the parameter.
bool TruthOr(const Value& value, bool otherwise);          // missing: otherwise
int64_t IntegerOr(const Value& value, int64_t otherwise);  // missing: otherwise; else must be an int
int64_t RequireInteger(const Value& value);                // type error for anything but an int or bool
const std::string& RequireText(const Value& value);        // type error for anything but a string

}  // namespace bantam::jinja
