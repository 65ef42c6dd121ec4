#include "text/jinja/methods.h"

#include <algorithm>
#include <cmath>

#include "text/jinja/attributes.h"
#include "text/jinja/compare.h"
#include "text/jinja/iterator.h"
#include "text/jinja/loop.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

// ---- dict

Value DictGet(Runtime&, Given given) {
  const Value* found = given[0].dict().Find(given[1]);
  if (found != nullptr) return *found;
  return given[2].is_missing() ? Value::None() : given[2];
}

Value View(Runtime& runtime, const Value& dict, DictPart part) {
  return Value(Type::kDictView, runtime.Make<DictViewObject>(0, dict, part));
}
Value DictItems(Runtime& runtime, Given given) { return View(runtime, given[0], DictPart::kItems); }
Value DictKeys(Runtime& runtime, Given given) { return View(runtime, given[0], DictPart::kKeys); }
Value DictValues(Runtime& runtime, Given given) { return View(runtime, given[0], DictPart::kValues); }

Value Itself(Runtime&, Given given) { return given[0]; }  // a copy of what cannot change

constexpr Native kDict[] = {
    {"copy", "self/", Itself},
    {"fromkeys", ""},
    {"get", "self/ key/ default/?", DictGet},
    {"items", "self/", DictItems},
    {"keys", "self/", DictKeys},
    {"values", "self/", DictValues},
};

// ---- list and tuple

Value Count(Runtime& runtime, Given given) {
  int64_t count = 0;
  for (const Value& item : given[0].items()) count += Equal(runtime, item, given[1]) ? 1 : 0;
  return Value::Int(count);
}

Value Index(Runtime& runtime, Given given) {
  const auto& items = given[0].items();
  const Span span = ClampSpan(static_cast<int64_t>(items.size()), given[2], given[3]);
  for (int64_t i = span.begin; i < span.end; ++i) {
    if (Equal(runtime, items[i], given[1])) return Value::Int(i);
  }
  FailType("the value is not in the " + std::string(TypeName(given[0])));
}

constexpr Native kList[] = {
    {"clear", ""},
    {"copy", "self/", Itself},
    {"count", "self/ value/", Count},
    {"index", "self/ value/ start/? stop/?", Index},
    {"pop", ""},
};

constexpr Native kTuple[] = {
    {"count", "self/ value/", Count},
    {"index", "self/ value/ start/? stop/?", Index},
};

// ---- numbers

Value IsInteger(Runtime&, Given given) {
  return Value::Bool(std::isfinite(given[0].number()) && std::trunc(given[0].number()) == given[0].number());
}

constexpr Native kInt[] = {
    {"as_integer_ratio", ""}, {"bit_count", ""}, {"bit_length", ""}, {"conjugate", ""}, {"denominator", ""},
    {"from_bytes", ""},       {"imag", ""},      {"numerator", ""},  {"real", ""},      {"to_bytes", ""},
};

constexpr Native kFloat[] = {
    {"as_integer_ratio", ""},           {"conjugate", ""}, {"fromhex", ""}, {"hex", ""}, {"imag", ""},
    {"is_integer", "self/", IsInteger}, {"real", ""},
};

// ---- loop

Value LoopCycle(Runtime&, const Arguments& given) {
  if (!given.named.empty()) FailType("cycle() takes no keyword arguments");
  return given.positional[0].As<LoopObject>().Cycle({given.positional.begin() + 1, given.positional.end()});
}

Value LoopChanged(Runtime& runtime, const Arguments& given) {
  if (!given.named.empty()) FailType("changed() takes no keyword arguments");
  Value values = runtime.Tuple({given.positional.begin() + 1, given.positional.end()});
  return Value::Bool(given.positional[0].As<LoopObject>().Changed(std::move(values)));
}

constexpr Native kLoop[] = {
    {"changed", "*", nullptr, LoopChanged},
    {"cycle", "*", nullptr, LoopCycle},
};

// ---- range

Value RangeIndex(Runtime& runtime, Given given) {
  if (!Contains(runtime, given[0], given[1])) FailType("the value is not in range");
  const auto& range = given[0].As<RangeObject>();
  const int64_t item = given[1].is_integer() ? given[1].integer() : static_cast<int64_t>(given[1].number());
  return Value::Int(static_cast<int64_t>((static_cast<__int128>(item) - range.start) / range.step));
}

Value RangeCount(Runtime& runtime, Given given) { return Value::Int(Contains(runtime, given[0], given[1]) ? 1 : 0); }

// ---- the rest: attributes that exist in Python

constexpr Native kRange[] = {{"count", "self/ value/", RangeCount},
                             {"index", "self/ value/", RangeIndex},
                             {"start", ""},
                             {"step", ""},
                             {"stop", ""}};
constexpr Native kView[] = {{"isdisjoint", ""}, {"mapping", ""}};
constexpr Native kIterator[] = {{"close", ""}, {"send", ""}, {"throw", ""}};
constexpr Native kMacro[] = {
    {"arguments", ""}, {"caller", ""}, {"catch_kwargs", ""}, {"catch_varargs", ""}, {"explicit_caller", ""}};

std::span<const Native> MethodsOf(const Value& object) {
  switch (object.type()) {
    case Type::kString:
      return StringMethods();
    case Type::kDict:
      return kDict;
    case Type::kList:
      return kList;
    case Type::kTuple:
      return kTuple;
    case Type::kBool:
    case Type::kInt:
      return kInt;
    case Type::kFloat:
      return kFloat;
    case Type::kLoop:
      return kLoop;
    case Type::kRange:
      return kRange;
    case Type::kDictView:
      return kView;
    case Type::kIterator:
      return kIterator;
    case Type::kMacro:
      return kMacro;
    default:
      return {};
  }
}

}  // namespace

const Native* FindMethod(const Value& object, std::string_view name) { return FindNative(MethodsOf(object), name); }

bool IsChangingMethod(const Value& object, std::string_view name) {
  constexpr std::string_view kOfLists[] = {"append", "extend", "insert", "remove", "reverse", "sort"};
  constexpr std::string_view kOfDicts[] = {"clear", "pop", "popitem", "setdefault", "update"};
  const auto among = [&](std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return (object.is(Type::kList) && among(kOfLists)) || (object.is(Type::kDict) && among(kOfDicts));
}

}  // namespace bantam::jinja
