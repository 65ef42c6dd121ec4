#include "text/jinja/arithmetic.h"

#include <cmath>
#include <string>

#include "text/jinja/compare.h"
#include "text/jinja/format.h"
#include "text/jinja/html.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

constexpr std::string_view kSymbols[] = {"+", "-", "*", "/", "//", "%", "**"};

[[noreturn]] void FailOperands(Arithmetic operation, const Value& a, const Value& b) {
  if (a.is(Type::kUndefined)) FailUndefined(a);
  if (b.is(Type::kUndefined)) FailUndefined(b);
  FailType("unsupported operand types for " + std::string(kSymbols[static_cast<int>(operation)]) + ": '" +
           std::string(TypeName(a)) + "' and '" + std::string(TypeName(b)) + "'");
}

// a / b rounded once to the nearest double, as Python divides integers. Beyond 2^53 converting first would round twice.
double DivideExactly(int64_t a, int64_t b) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (a >= -kExact && a <= kExact && b >= -kExact && b <= kExact) {
    return static_cast<double>(a) / static_cast<double>(b);
  }
  const uint64_t numerator = a < 0 ? uint64_t{0} - static_cast<uint64_t>(a) : static_cast<uint64_t>(a);
  const uint64_t denominator = b < 0 ? uint64_t{0} - static_cast<uint64_t>(b) : static_cast<uint64_t>(b);
  if (numerator == 0) return (b < 0) ? -0.0 : 0.0;
  // The numerator moved to the top of 128 bits gives a quotient of at least 64 bits; all but its upper 64 and the
  // remainder go into one sticky bit, after which the conversion to double rounds correctly.
  const int shift = 64 + __builtin_clzll(numerator);
  const unsigned __int128 scaled = static_cast<unsigned __int128>(numerator) << shift;
  unsigned __int128 quotient = scaled / denominator;
  bool sticky = scaled % denominator != 0;
  int dropped = 0;
  while ((quotient >> 64) != 0) {
    sticky |= (quotient & 1) != 0;
    quotient >>= 1;
    ++dropped;
  }
  const double result =
      std::ldexp(static_cast<double>(static_cast<uint64_t>(quotient) | (sticky ? 1 : 0)), dropped - shift);
  return (a < 0) != (b < 0) ? -result : result;
}

int64_t FloorModulo(int64_t a, int64_t b) {
  if (b == -1) return 0;  // INT64_MIN % -1 overflows in hardware
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

struct FloorDivision {
  double quotient, rest;
};

// The steps of Python's float division: the rest has the divisor's sign and the quotient is a whole number.
FloorDivision DivideFloor(double a, double b) {
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0) {
    if ((b < 0) != (rest < 0)) {
      rest += b;
      quotient -= 1.0;
    }
  } else {
    rest = std::copysign(0.0, b);
  }
  if (quotient != 0) {
    const double floored = std::floor(quotient);
    quotient = quotient - floored > 0.5 ? floored + 1.0 : floored;
  } else {
    quotient = std::copysign(0.0, a / b);
  }
  return {quotient, rest};
}

int64_t IntegerPower(int64_t base, int64_t exponent) {
  int64_t result = 1;
  while (true) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) FailOverflow("**");
    exponent >>= 1;
    if (exponent == 0) return result;
    if (__builtin_mul_overflow(base, base, &base)) FailOverflow("**");
  }
}

Value Power(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer() && b.integer() >= 0) return Value::Int(IntegerPower(a.integer(), b.integer()));
  const double base = a.number();
  const double exponent = b.number();
  if (base == 0 && exponent < 0) FailType("0.0 cannot be raised to a negative power");
  if (base < 0 && std::isfinite(base) && std::isfinite(exponent) && std::trunc(exponent) != exponent) {
    FailUnsupported("a complex number");
  }
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)) FailType("Numerical result out of range");
  return Value::Float(result);
}

Value ApplyIntegers(Arithmetic operation, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  switch (operation) {
    case Arithmetic::kAdd:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case Arithmetic::kSubtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case Arithmetic::kMultiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case Arithmetic::kDivide:
      if (b == 0) FailType("division by zero");
      return Value::Float(DivideExactly(a, b));
    case Arithmetic::kFloorDivide:
      if (b == 0) FailType("integer division or modulo by zero");
      overflow = a == INT64_MIN && b == -1;
      if (!overflow) result = a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
      break;
    default:
      if (b == 0) FailType("integer modulo by zero");
      result = FloorModulo(a, b);
  }
  if (overflow) FailOverflow(kSymbols[static_cast<int>(operation)]);
  return Value::Int(result);
}

Value ApplyFloats(Arithmetic operation, double a, double b) {
  switch (operation) {
    case Arithmetic::kAdd:
      return Value::Float(a + b);
    case Arithmetic::kSubtract:
      return Value::Float(a - b);
    case Arithmetic::kMultiply:
      return Value::Float(a * b);
    case Arithmetic::kDivide:
      if (b == 0) FailType("float division by zero");
      return Value::Float(a / b);
    case Arithmetic::kFloorDivide:
      if (b == 0) FailType("float floor division by zero");
      return Value::Float(DivideFloor(a, b).quotient);
    default:
      if (b == 0) FailType("float modulo");
      return Value::Float(DivideFloor(a, b).rest);
  }
}

Value ConcatenateText(Runtime& runtime, const Value& a, const Value& b) {
  if (a.markup() != b.markup()) {  // the plain side is escaped, as Markup does
    return ConcatenateText(runtime, a.markup() ? a : EscapeHtml(runtime, a), b.markup() ? b : EscapeHtml(runtime, b));
  }
  runtime.CheckRoom(static_cast<int64_t>(a.text().size() + b.text().size()));
  std::string text;
  text.reserve(a.text().size() + b.text().size());
  text.append(a.text()).append(b.text());
  return runtime.String(std::move(text), a.markup());
}

Value ConcatenateItems(Runtime& runtime, const Value& a, const Value& b) {
  const size_t size = a.items().size() + b.items().size();
  runtime.CheckRoom(static_cast<int64_t>(size * sizeof(Value)));
  runtime.Step(static_cast<int64_t>(size));
  std::vector<Value> items;
  items.reserve(size);
  items.insert(items.end(), a.items().begin(), a.items().end());
  items.insert(items.end(), b.items().begin(), b.items().end());
  return a.is(Type::kList) ? runtime.List(std::move(items)) : runtime.Tuple(std::move(items));
}

// Fails unless `count` copies of `bytes` bytes have room.
void CheckRepetition(Runtime& runtime, size_t bytes, int64_t count) {
  int64_t total = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(bytes), count, &total)) total = INT64_MAX;
  runtime.CheckRoom(total);
  runtime.StepBytes(static_cast<size_t>(total));
}

Value Repeat(Runtime& runtime, const Value& value, int64_t count) {
  count = std::max<int64_t>(count, 0);
  if (value.is_string()) {
    CheckRepetition(runtime, value.text().size(), count);
    std::string text;
    if (value.text().empty()) return value;
    text.reserve(value.text().size() * count);
    for (int64_t i = 0; i < count; ++i) text += value.text();
    return runtime.String(std::move(text), value.markup());
  }
  CheckRepetition(runtime, value.items().size() * sizeof(Value), count);
  std::vector<Value> items;
  if (!value.items().empty()) {
    items.reserve(value.items().size() * count);
    for (int64_t i = 0; i < count; ++i) items.insert(items.end(), value.items().begin(), value.items().end());
  }
  return value.is(Type::kList) ? runtime.List(std::move(items)) : runtime.Tuple(std::move(items));
}

bool IsRepeatable(const Value& value) { return value.is_string() || value.is_sequence(); }

}  // namespace

Value Apply(Runtime& runtime, Arithmetic operation, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (operation == Arithmetic::kPower) return Power(a, b);
    if (a.is_integer() && b.is_integer()) return ApplyIntegers(operation, a.integer(), b.integer());
    return ApplyFloats(operation, a.number(), b.number());
  }
  switch (operation) {
    case Arithmetic::kAdd:
      if (a.is_string() && b.is_string()) return ConcatenateText(runtime, a, b);
      if (a.is_sequence() && a.type() == b.type()) return ConcatenateItems(runtime, a, b);
      break;
    case Arithmetic::kMultiply:
      if (IsRepeatable(a) && b.is_integer()) return Repeat(runtime, a, b.integer());
      if (IsRepeatable(b) && a.is_integer()) return Repeat(runtime, b, a.integer());
      break;
    case Arithmetic::kModulo:
      if (!a.is_string()) break;
      if (a.markup()) FailUnsupported("formatting a Markup string with %");
      return runtime.String(PercentFormat(runtime, a.text(), b));
    default:
      break;
  }
  FailOperands(operation, a, b);
}

Value Negate(const Value& value) {
  if (value.is(Type::kUndefined)) FailUndefined(value);
  if (value.is(Type::kFloat)) return Value::Float(-value.number());
  if (!value.is_integer()) FailType("bad operand type for unary -: '" + std::string(TypeName(value)) + "'");
  if (value.integer() == INT64_MIN) FailOverflow("-");
  return Value::Int(-value.integer());
}

Value Posate(const Value& value) {
  if (value.is(Type::kUndefined)) FailUndefined(value);
  if (value.is(Type::kFloat)) return value;
  if (!value.is_integer()) FailType("bad operand type for unary +: '" + std::string(TypeName(value)) + "'");
  return Value::Int(value.integer());
}

}  // namespace bantam::jinja
