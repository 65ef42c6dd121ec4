#include "text/jinja/tests.h"

#include "text/jinja/arithmetic.h"
#include "text/jinja/compare.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterator.h"
#include "text/jinja/methods.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

template <Type Wanted>
Value IsType(Runtime&, Given given) {
  return Value::Bool(given[0].is(Wanted));
}

Value IsDefined(Runtime&, Given given) { return Value::Bool(!given[0].is(Type::kUndefined)); }
Value IsTrue(Runtime&, Given given) { return Value::Bool(given[0].is(Type::kBool) && given[0].boolean()); }
Value IsFalse(Runtime&, Given given) { return Value::Bool(given[0].is(Type::kBool) && !given[0].boolean()); }
Value IsNumber(Runtime&, Given given) { return Value::Bool(given[0].is_number()); }
Value IsIterableTest(Runtime&, Given given) { return Value::Bool(IsIterable(given[0])); }
Value IsEscaped(Runtime&, Given given) { return Value::Bool(given[0].is_string() && given[0].markup()); }

Value IsSequence(Runtime&, Given given) {  // has a length and items in []
  const Value& value = given[0];
  return Value::Bool(value.is_string() || value.is_sequence() || value.is(Type::kDict) || value.is(Type::kRange) ||
                     value.is(Type::kUndefined));
}

Value IsCallable(Runtime&, Given given) {
  const Value& value = given[0];
  return Value::Bool(value.is(Type::kMacro) || value.is(Type::kFunction) || value.is(Type::kMethod) ||
                     value.is(Type::kLoop) || value.is(Type::kUndefined));
}

Value IsDivisible(Runtime& runtime, Given given) {
  return Value::Bool(Equal(runtime, Apply(runtime, Arithmetic::kModulo, given[0], given[1]), Value::Int(0)));
}

template <int Rest>
Value HasRestOfTwo(Runtime& runtime, Given given) {
  return Value::Bool(Equal(runtime, Apply(runtime, Arithmetic::kModulo, given[0], Value::Int(2)), Value::Int(Rest)));
}

// Objects are the same when they are one object. Numbers and strings have no identity here: equal ones of one type are the
// same, as Python's small integers and constants are.
Value IsSameAs(Runtime& runtime, Given given) {
  const Value& a = given[0];
  const Value& b = given[1];
  if (a.type() != b.type()) return Value::Bool(false);
  if (a.is_none() || a.is_number() || a.is_string()) return Value::Bool(Equal(runtime, a, b));
  return Value::Bool(a.identity() == b.identity());
}

Value IsIn(Runtime& runtime, Given given) { return Value::Bool(Contains(runtime, given[1], given[0])); }

template <bool Upper>
Value IsInCase(Runtime& runtime, Given given) {
  const Value text = ToString(runtime, given[0]);
  const Native* method = FindNative(StringMethods(), Upper ? "isupper" : "islower");
  return CallNative(runtime, *method, "method", {.positional = {text}, .named = {}});
}

template <const Native* (*Find)(std::string_view)>
Value IsNameOf(Runtime&, Given given) {
  return Value::Bool(given[0].is_string() && Find(given[0].text()) != nullptr);
}

Value IsEqual(Runtime& runtime, Given given) { return Value::Bool(Equal(runtime, given[0], given[1])); }
Value IsUnequal(Runtime& runtime, Given given) { return Value::Bool(!Equal(runtime, given[0], given[1])); }
Value IsLess(Runtime& runtime, Given given) { return Value::Bool(Less(runtime, given[0], given[1])); }
Value IsLessOrEqual(Runtime& runtime, Given given) { return Value::Bool(LessOrEqual(runtime, given[0], given[1])); }
Value IsGreater(Runtime& runtime, Given given) { return Value::Bool(Less(runtime, given[1], given[0])); }
Value IsGreaterOrEqual(Runtime& runtime, Given given) { return Value::Bool(LessOrEqual(runtime, given[1], given[0])); }

constexpr Native kTests[] = {
    {"!=", "a/ b/", IsUnequal},
    {"<", "a/ b/", IsLess},
    {"<=", "a/ b/", IsLessOrEqual},
    {"==", "a/ b/", IsEqual},
    {">", "a/ b/", IsGreater},
    {">=", "a/ b/", IsGreaterOrEqual},
    {"boolean", "value", IsType<Type::kBool>},
    {"callable", "obj/", IsCallable},
    {"defined", "value", IsDefined},
    {"divisibleby", "value num", IsDivisible},
    {"eq", "a/ b/", IsEqual},
    {"equalto", "a/ b/", IsEqual},
    {"escaped", "value", IsEscaped},
    {"even", "value", HasRestOfTwo<0>},
    {"false", "value", IsFalse},
    {"filter", "value", IsNameOf<FindFilter>},
    {"float", "value", IsType<Type::kFloat>},
    {"ge", "a/ b/", IsGreaterOrEqual},
    {"greaterthan", "a/ b/", IsGreater},
    {"gt", "a/ b/", IsGreater},
    {"in", "value seq", IsIn},
    {"integer", "value", IsType<Type::kInt>},
    {"iterable", "value", IsIterableTest},
    {"le", "a/ b/", IsLessOrEqual},
    {"lessthan", "a/ b/", IsLess},
    {"lower", "value", IsInCase<false>},
    {"lt", "a/ b/", IsLess},
    {"mapping", "value", IsType<Type::kDict>},
    {"ne", "a/ b/", IsUnequal},
    {"none", "value", IsType<Type::kNone>},
    {"number", "value", IsNumber},
    {"odd", "value", HasRestOfTwo<1>},
    {"sameas", "value other", IsSameAs},
    {"sequence", "value", IsSequence},
    {"string", "value", IsType<Type::kString>},
    {"test", "value", IsNameOf<FindTest>},
    {"true", "value", IsTrue},
    {"undefined", "value", IsType<Type::kUndefined>},
    {"upper", "value", IsInCase<true>},
};

}  // namespace

const Native* FindTest(std::string_view name) { return FindNative(kTests, name); }

}  // namespace bantam::jinja
