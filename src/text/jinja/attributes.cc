#include "text/jinja/attributes.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "text/jinja/compare.h"
#include "text/jinja/loop.h"
#include "text/jinja/macro.h"
#include "text/jinja/methods.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

// "'dict object'", "None": how Jinja names an object that lacks something.
std::string Named(const Value& object) {
  if (object.is_none()) return "None";
  return "'" + std::string(TypeName(object)) + " object'";
}

Value NoAttribute(Runtime& runtime, const Value& object, std::string_view name) {
  return runtime.Undefined(Named(object) + " has no attribute '" + std::string(name) + "'");
}

Value Unsafe(Runtime& runtime, const Value& object, std::string_view name) {
  return runtime.Undefined("access to attribute '" + std::string(name) + "' of " + Named(object) + " is unsafe");
}

bool IsDunder(std::string_view name) { return name.size() > 4 && name.starts_with("__") && name.ends_with("__"); }

Value CharacterAt(Runtime& runtime, const Value& text, int64_t index) {
  const auto& object = text.As<StringObject>();
  if (object.ascii()) return runtime.String(std::string(1, object.text[index]), object.markup);
  runtime.StepBytes(object.text.size());
  const size_t offset = OffsetOf(object.text, index);
  const std::string_view rest = std::string_view(object.text).substr(offset);
  return runtime.String(std::string(rest.substr(0, DecodeUtf8(rest).length)), object.markup);
}

// The item, or kMissing where Python raises a LookupError or TypeError, which Jinja turns into Undefined.
Value FindItem(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is(Type::kDict)) {
    if (!IsHashable(key)) return {};
    const Value* found = object.dict().Find(key);
    return found == nullptr ? Value() : *found;
  }
  const bool has_positions = object.is_string() || object.is_sequence() || object.is(Type::kRange);
  if (!has_positions || !key.is_integer()) return {};
  const int64_t length = Length(object);
  const int64_t index = key.integer() < 0 ? key.integer() + length : key.integer();
  if (index < 0 || index >= length) return {};
  if (object.is_string()) return CharacterAt(runtime, object, index);
  if (object.is_sequence()) return object.items()[index];
  return Value::Int(object.As<RangeObject>().At(index));
}

std::optional<int64_t> SliceIndex(const Value& value) {
  if (value.is_missing() || value.is_none()) return {};
  if (!value.is_integer()) FailType("slice indices must be integers or None or have an __index__ method");
  return value.integer();
}

int64_t Clamp(int64_t index, int64_t length, int64_t low, int64_t high) {
  if (index < 0) index += length;
  return std::clamp(index, low, high);
}

Value SliceText(Runtime& runtime, const Value& text, int64_t start, int64_t count, int64_t step) {
  const auto& object = text.As<StringObject>();
  runtime.StepBytes(object.text.size());
  if (step == 1) {
    const size_t begin = object.ascii() ? static_cast<size_t>(start) : OffsetOf(object.text, start);
    const size_t end = object.ascii() ? static_cast<size_t>(start + count)
                                      : begin + OffsetOf(std::string_view(object.text).substr(begin), count);
    runtime.CheckRoom(static_cast<int64_t>(end - begin));
    return runtime.String(object.text.substr(begin, end - begin), object.markup);
  }
  // Code points take four bytes here and at most four in the result.
  runtime.CheckRoom(4 * object.length() + 4 * count);
  runtime.Step(count / 16);
  const std::u32string points = ToUtf32(object.text);
  std::string out;
  for (int64_t i = 0; i < count; ++i) AppendUtf8(out, points[start + i * step]);
  return runtime.String(std::move(out), object.markup);
}

Value SliceRange(Runtime& runtime, const RangeObject& range, int64_t first, int64_t last, int64_t step) {
  const auto at = [&](int64_t position) {
    int64_t value = 0;
    if (__builtin_mul_overflow(position, range.step, &value) || __builtin_add_overflow(range.start, value, &value)) {
      FailOverflow("slicing a range");
    }
    return value;
  };
  int64_t stride = 0;
  if (__builtin_mul_overflow(range.step, step, &stride)) FailOverflow("slicing a range");
  return Value(Type::kRange, runtime.Make<RangeObject>(0, at(first), at(last), stride));
}

}  // namespace

Value FindAttribute(Runtime& runtime, const Value& object, std::string_view name) {
  if (object.is(Type::kUndefined)) FailUndefined(object);
  if (object.is(Type::kNamespace)) {
    const Value* found = object.As<NamespaceObject>().attributes->Find(name);
    if (found == nullptr) return {};
    return name.starts_with('_') ? Unsafe(runtime, object, name) : *found;
  }
  if (object.is(Type::kLoop)) {
    if (Value value = object.As<LoopObject>().Attribute(name); !value.is_missing()) return value;
  }
  if (object.is(Type::kMacro) && name == "name") return runtime.String(object.As<MacroObject>().name());
  if (object.is(Type::kTuple) && object.As<SequenceObject>().group) {
    if (name == "grouper") return object.items()[0];
    if (name == "list") return object.items()[1];
  }
  if (IsChangingMethod(object, name)) return Unsafe(runtime, object, name);
  const Native* method = FindMethod(object, name);
  if (method == nullptr) return {};
  return Value(Type::kMethod, runtime.Make<MethodObject>(name.size(), object, method, name));
}

Value GetAttribute(Runtime& runtime, const Value& object, std::string_view name) {
  Value found = FindAttribute(runtime, object, name);
  if (!found.is_missing()) return found;
  if (object.is(Type::kDict)) {
    if (const Value* item = object.dict().Find(name)) return *item;
  }
  return IsDunder(name) ? Unsafe(runtime, object, name) : NoAttribute(runtime, object, name);
}

Value GetItem(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is(Type::kUndefined)) FailUndefined(object);
  Value found = FindItem(runtime, object, key);
  if (!found.is_missing()) return found;
  if (key.is_string()) {
    found = FindAttribute(runtime, object, key.text());
    if (!found.is_missing()) return found;
    return IsDunder(key.text()) ? Unsafe(runtime, object, key.text()) : NoAttribute(runtime, object, key.text());
  }
  // A key may be large or nested; only plain ones are worth showing.
  const std::string shown = key.is_number() ? Repr(runtime, key) : "of type '" + std::string(TypeName(key)) + "'";
  return runtime.Undefined(Named(object) + " has no element " + shown);
}

Span ClampSpan(int64_t length, const Value& start, const Value& stop) {
  return {Clamp(SliceIndex(start).value_or(0), length, 0, length),
          Clamp(SliceIndex(stop).value_or(length), length, 0, length)};
}

Value GetSlice(Runtime& runtime, const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (object.is(Type::kUndefined)) FailUndefined(object);
  if (!object.is_string() && !object.is_sequence() && !object.is(Type::kRange)) {
    FailType("'" + std::string(TypeName(object)) + "' object cannot be sliced");
  }
  const int64_t stride = SliceIndex(step).value_or(1);
  if (stride == 0) FailType("slice step cannot be zero");
  const int64_t length = Length(object);
  // As Python's slice.indices(): positions from 0 to length going up, from length - 1 to -1 going down.
  const int64_t low = stride > 0 ? 0 : -1;
  const int64_t high = stride > 0 ? length : length - 1;
  const auto bound = [&](const Value& value, int64_t otherwise) {
    const std::optional<int64_t> index = SliceIndex(value);
    return index ? Clamp(*index, length, low, high) : otherwise;
  };
  const int64_t first = bound(start, stride > 0 ? low : high);
  const int64_t last = bound(stop, stride > 0 ? high : low);
  const int64_t count = RangeObject(first, last, stride).length();
  if (object.is_string()) return SliceText(runtime, object, first, count, stride);
  if (object.is(Type::kRange)) {
    return SliceRange(runtime, object.As<RangeObject>(), first, last, stride);
  }
  runtime.CheckRoom(count * static_cast<int64_t>(sizeof(Value)));
  runtime.Step(count);
  std::vector<Value> items;
  items.reserve(count);
  for (int64_t i = 0; i < count; ++i) items.push_back(object.items()[first + i * stride]);
  return object.is(Type::kList) ? runtime.List(std::move(items)) : runtime.Tuple(std::move(items));
}

}  // namespace bantam::jinja
