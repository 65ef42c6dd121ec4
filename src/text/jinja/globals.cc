#include "text/jinja/globals.h"

#include "text/jinja/iterator.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/time_format.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

constexpr int64_t kMaxRange = 100'000;  // the bound of Jinja's sandbox

Value Range(Runtime& runtime, Given given) {
  const auto number = [&](const Value& value) {
    if (value.is(Type::kUndefined)) FailUndefined(value);
    return RequireInteger(value);
  };
  const bool only_stop = given[1].is_missing();
  const int64_t start = only_stop ? 0 : number(given[0]);
  const int64_t stop = number(only_stop ? given[0] : given[1]);
  const int64_t step = given[2].is_missing() ? 1 : number(given[2]);
  if (step == 0) FailType("range() arg 3 must not be zero");
  const Ref<RangeObject> range = runtime.Make<RangeObject>(0, start, stop, step);
  if (range->length() > kMaxRange) {
    FailType("range() is too big: more than " + std::to_string(kMaxRange) + " items");
  }
  return Value(Type::kRange, range);
}

// dict(mapping), dict(pairs), dict(a=1, b=2)
Ref<DictObject> MakeDict(Runtime& runtime, const Arguments& given, std::string_view function) {
  if (given.positional.size() > 1) FailType(std::string(function) + "() takes at most one positional argument");
  const Ref<DictObject> dict = runtime.Make<DictObject>(0);
  if (!given.positional.empty()) {
    const Value& source = given.positional[0];
    if (source.is(Type::kUndefined)) FailUndefined(source);
    if (source.is(Type::kDict)) {
      for (const auto& [key, value] : source.dict().entries()) {
        runtime.Step();
        dict->Set(key, value);
      }
    } else {
      const Ref<Iterator> iterator = Iterate(runtime, source);
      for (Value item; iterator->Next(item);) {
        const std::vector<Value> pair = Collect(runtime, item);
        if (pair.size() != 2) FailType(std::string(function) + "() needs pairs of a key and a value");
        dict->Set(pair[0], pair[1]);
      }
    }
  }
  for (const auto& [name, value] : given.named) dict->Set(runtime.String(name), value);
  return dict;
}

Value Dict(Runtime& runtime, const Arguments& given) { return Value(Type::kDict, MakeDict(runtime, given, "dict")); }

Value Namespace(Runtime& runtime, const Arguments& given) {
  return Value(Type::kNamespace, runtime.Make<NamespaceObject>(0, MakeDict(runtime, given, "namespace")));
}

Value RaiseException(Runtime& runtime, Given given) { Fail(ErrorCode::kUsage, Str(runtime, given[0])); }

Value StrftimeNow(Runtime& runtime, Given given) {
  const std::string& layout = RequireText(given[0]);
  runtime.CheckRoom(16 * static_cast<int64_t>(layout.size()));  // %c, two characters, gives 24
  runtime.StepBytes(256 * layout.size());
  return runtime.String(FormatTime(layout, runtime.now()));
}

constexpr Native kFunctions[] = {
    {"cycler", ""},
    {"dict", "*", nullptr, Dict},
    {"joiner", ""},
    {"lipsum", ""},
    {"namespace", "*", nullptr, Namespace},
    {"raise_exception", "message", RaiseException},
    {"range", "start/ stop/? step/?", Range},
    {"strftime_now", "format", StrftimeNow},
};

}  // namespace

std::span<const Native> GlobalFunctions() { return kFunctions; }

}  // namespace bantam::jinja
