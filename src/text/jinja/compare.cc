#include "text/jinja/compare.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <functional>
#include <string>

#include "text/jinja/iterator.h"
#include "text/jinja/loop.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_split.h"

namespace bantam::jinja {
namespace {

// Exact, as Python compares: a double beyond 2^53 is not confused with the integers next to it.
std::partial_ordering Order(int64_t a, double b) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= kTwoTo63) return std::partial_ordering::less;
  if (b < -kTwoTo63) return std::partial_ordering::greater;
  const double whole = std::trunc(b);
  const auto integer = static_cast<int64_t>(whole);
  if (a != integer) return a < integer ? std::partial_ordering::less : std::partial_ordering::greater;
  return whole <=> b;
}

std::partial_ordering OrderNumbers(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.integer() <=> b.integer();
  if (a.is_integer()) return Order(a.integer(), b.number());
  if (b.is_integer()) return 0 <=> Order(b.integer(), a.number());
  return a.number() <=> b.number();
}

bool EqualDicts(Runtime& runtime, const DictObject& a, const DictObject& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.entries()) {
    const Value* other = b.Find(key);
    if (other == nullptr || !Equal(runtime, value, *other)) return false;
  }
  return true;
}

bool EqualRanges(const RangeObject& a, const RangeObject& b) {
  const int64_t length = a.length();
  if (length != b.length()) return false;
  if (length == 0) return true;
  return a.start == b.start && (length == 1 || a.step == b.step);
}

std::partial_ordering OrderSequences(Runtime& runtime, const Value& a, const Value& b);

// Three-way order of two values; a type error when Python has none for their types.
std::partial_ordering OrderValues(Runtime& runtime, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return OrderNumbers(a, b);
  if (a.is_string() && b.is_string()) {
    runtime.StepBytes(std::min(a.text().size(), b.text().size()));
    return a.text().compare(b.text()) <=> 0;  // the order of UTF-8 bytes is that of code points
  }
  if (a.is_sequence() && a.type() == b.type()) return OrderSequences(runtime, a, b);
  if (a.is(Type::kUndefined)) FailUndefined(a);
  if (b.is(Type::kUndefined)) FailUndefined(b);
  if (a.is(Type::kDictView) && b.is(Type::kDictView)) FailUnsupported("ordering dict views");
  FailType("'" + std::string(TypeName(a)) + "' and '" + std::string(TypeName(b)) + "' have no order");
}

std::partial_ordering OrderSequences(Runtime& runtime, const Value& a, const Value& b) {
  const DepthGuard guard(runtime);
  const size_t common = std::min(a.items().size(), b.items().size());
  for (size_t i = 0; i < common; ++i) {
    if (!Equal(runtime, a.items()[i], b.items()[i])) return OrderValues(runtime, a.items()[i], b.items()[i]);
  }
  return a.items().size() <=> b.items().size();
}

uint64_t Mix(uint64_t bits) {  // the finaliser of SplitMix64
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

uint64_t HashNumber(const Value& value) {
  if (value.is_integer()) return Mix(static_cast<uint64_t>(value.integer()));
  const double number = value.number();
  if (std::trunc(number) == number && std::abs(number) < 9.2e18) {
    return Mix(static_cast<uint64_t>(static_cast<int64_t>(number)));
  }
  return Mix(std::bit_cast<uint64_t>(number));
}

uint64_t HashHashable(const Value& value) {
  switch (value.type()) {
    case Type::kBool:
    case Type::kInt:
    case Type::kFloat:
      return HashNumber(value);
    case Type::kString:
      return HashText(value.text());
    case Type::kTuple: {
      Runtime& runtime = value.identity()->runtime();
      const DepthGuard guard(runtime);
      uint64_t hash = value.items().size();
      for (const Value& item : value.items()) {
        runtime.Step();
        hash = Mix(hash * 31 + HashHashable(item));
      }
      return hash;
    }
    case Type::kRange: {
      const auto& range = value.As<RangeObject>();
      return Mix(static_cast<uint64_t>(range.length()));
    }
    case Type::kFunction:
    case Type::kMethod:  // equal ones need not be one object
    case Type::kUndefined:
      return Mix(static_cast<uint64_t>(value.type()));
    default:
      return Mix(static_cast<uint64_t>(value.type()) ^ reinterpret_cast<uint64_t>(value.identity()));
  }
}

bool InView(Runtime& runtime, const DictViewObject& view, const Value& item) {
  const DictObject& dict = view.dict.dict();
  switch (view.part) {
    case DictPart::kKeys:
      return dict.Find(item) != nullptr;
    case DictPart::kItems: {
      if (!item.is(Type::kTuple) || item.items().size() != 2) return false;
      const Value* found = dict.Find(item.items()[0]);
      return found != nullptr && Equal(runtime, *found, item.items()[1]);
    }
    case DictPart::kValues:
      break;
  }
  for (const auto& [key, value] : dict.entries()) {
    if (Equal(runtime, value, item)) return true;
  }
  return false;
}

bool InRange(const RangeObject& range, const Value& item) {
  if (!item.is_number()) return false;
  const double number = item.number();
  if (item.is(Type::kFloat) && (std::trunc(number) != number || std::abs(number) > 9e18)) return false;
  const int64_t integer = item.is_integer() ? item.integer() : static_cast<int64_t>(number);
  const bool inside =
      range.step > 0 ? integer >= range.start && integer < range.stop : integer <= range.start && integer > range.stop;
  // A range in a template has at most 100,000 elements of 64 bits, so the product below is exact in 128 bits.
  return inside && (static_cast<__int128>(integer) - range.start) % range.step == 0;
}

}  // namespace

bool Truth(const Value& value) {
  switch (value.type()) {
    case Type::kMissing:
    case Type::kUndefined:
    case Type::kNone:
      return false;
    case Type::kBool:
    case Type::kInt:
      return value.integer() != 0;
    case Type::kFloat:
      return value.number() != 0;
    case Type::kString:
      return !value.text().empty();
    default:
      return !HasLength(value) || Length(value) != 0;
  }
}

bool HasLength(const Value& value) {
  switch (value.type()) {
    case Type::kUndefined:
    case Type::kString:
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kRange:
    case Type::kDictView:
    case Type::kLoop:
      return true;
    default:
      return false;
  }
}

int64_t Length(const Value& value) {
  switch (value.type()) {
    case Type::kUndefined:
      return 0;
    case Type::kString:
      return value.As<StringObject>().length();
    case Type::kList:
    case Type::kTuple:
      return static_cast<int64_t>(value.items().size());
    case Type::kDict:
      return static_cast<int64_t>(value.dict().size());
    case Type::kRange:
      return value.As<RangeObject>().length();
    case Type::kDictView:
      return static_cast<int64_t>(value.As<DictViewObject>().dict.dict().size());
    case Type::kLoop:
      return value.As<LoopObject>().Length();
    default:
      FailType("object of type '" + std::string(TypeName(value)) + "' has no len()");
  }
}

bool Equal(Runtime& runtime, const Value& a, const Value& b) {
  runtime.Step();
  if (a.is_number() && b.is_number()) return OrderNumbers(a, b) == 0;
  if (a.type() != b.type()) return false;
  if (a.is_none() || a.is(Type::kUndefined) || (a.identity() != nullptr && a.identity() == b.identity())) return true;
  const DepthGuard guard(runtime);
  switch (a.type()) {
    case Type::kString:
      if (a.text().size() != b.text().size()) return false;
      runtime.StepBytes(a.text().size());
      return a.text() == b.text();
    case Type::kList:
    case Type::kTuple:
      if (a.items().size() != b.items().size()) return false;
      for (size_t i = 0; i < a.items().size(); ++i) {
        if (!Equal(runtime, a.items()[i], b.items()[i])) return false;
      }
      return true;
    case Type::kDict:
      return EqualDicts(runtime, a.dict(), b.dict());
    case Type::kRange:
      return EqualRanges(a.As<RangeObject>(), b.As<RangeObject>());
    case Type::kDictView:
      if (a.As<DictViewObject>().part == DictPart::kValues || b.As<DictViewObject>().part == DictPart::kValues)
        return false;
      FailUnsupported("comparing dict views");
    case Type::kFunction:
      return a.As<FunctionObject>().native == b.As<FunctionObject>().native;
    case Type::kMethod: {
      const auto& left = a.As<MethodObject>();
      const auto& right = b.As<MethodObject>();
      return left.name == right.name && left.self.identity() == right.self.identity();
    }
    default:
      return false;  // by identity, and that was compared above
  }
}

bool Less(Runtime& runtime, const Value& a, const Value& b) { return OrderValues(runtime, a, b) < 0; }

bool LessOrEqual(Runtime& runtime, const Value& a, const Value& b) { return OrderValues(runtime, a, b) <= 0; }

bool Contains(Runtime& runtime, const Value& container, const Value& item) {
  switch (container.type()) {
    case Type::kString:
      if (!item.is_string()) {
        FailType("'in <string>' requires string as left operand, not " + std::string(TypeName(item)));
      }
      runtime.StepBytes(container.text().size());
      return FindText(container.text(), item.text()) != std::string_view::npos;
    case Type::kDict:
      return container.dict().Find(item) != nullptr;
    case Type::kRange:
      return InRange(container.As<RangeObject>(), item);
    case Type::kDictView:
      return InView(runtime, container.As<DictViewObject>(), item);
    default:
      break;
  }
  const Ref<Iterator> iterator = Iterate(runtime, container);
  for (Value candidate; iterator->Next(candidate);) {
    if (Equal(runtime, candidate, item)) return true;
  }
  return false;
}

uint64_t HashText(std::string_view text) { return Mix(std::hash<std::string_view>()(text)); }

bool IsHashable(const Value& value) {
  switch (value.type()) {
    case Type::kList:
    case Type::kDict:
      return false;
    case Type::kDictView:
      return value.As<DictViewObject>().part == DictPart::kValues;
    case Type::kTuple: {
      Runtime& runtime = value.identity()->runtime();
      const DepthGuard guard(runtime);
      return std::all_of(value.items().begin(), value.items().end(), [&](const Value& item) {
        runtime.Step();
        return IsHashable(item);
      });
    }
    default:
      return true;
  }
}

uint64_t Hash(const Value& value) {
  if (!IsHashable(value)) FailType("unhashable type: '" + std::string(TypeName(value)) + "'");
  return HashHashable(value);
}

}  // namespace bantam::jinja
