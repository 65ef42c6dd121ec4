// Filters that make numbers.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "text/jinja/filters.h"
#include "text/jinja/number_parse.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

Value Abs(Runtime&, Given given) {
  const Value& value = given[0];
  if (!value.is_number()) FailType("bad operand type for abs(): '" + std::string(TypeName(value)) + "'");
  if (value.is(Type::kFloat)) return Value::Float(std::abs(value.number()));
  if (value.integer() == INT64_MIN) FailOverflow("abs");
  return Value::Int(std::abs(value.integer()));
}

// The whole part; missing when the number has none that is finite.
Value Truncated(double number) {
  if (std::isnan(number)) return {};
  if (std::isinf(number)) FailType("cannot convert float infinity to integer");
  if (number >= 9223372036854775808.0 || number < -9223372036854775808.0) FailOverflow("int");
  return Value::Int(static_cast<int64_t>(number));
}

Value IntFilter(Runtime& runtime, Given given) {
  const Value& value = given[0];
  const Value otherwise = given[1].is_missing() ? Value::Int(0) : given[1];
  if (value.is(Type::kUndefined)) FailUndefined(value);
  if (value.is_integer()) return Value::Int(value.integer());
  Value result;
  if (value.is_string()) {
    runtime.StepBytes(value.text().size());
    if (const auto integer = ParseInteger(value.text(), IntegerOr(given[2], 10))) return Value::Int(*integer);
    if (const auto real = ParseFloat(value.text())) result = Truncated(*real);
  } else if (value.is(Type::kFloat)) {
    result = Truncated(value.number());
  }
  return result.is_missing() ? otherwise : result;
}

Value FloatFilter(Runtime& runtime, Given given) {
  const Value& value = given[0];
  if (value.is(Type::kUndefined)) FailUndefined(value);
  if (value.is_number()) return Value::Float(value.number());
  if (value.is_string()) {
    runtime.StepBytes(value.text().size());
    if (const auto real = ParseFloat(value.text())) return Value::Float(*real);
  }
  return given[1].is_missing() ? Value::Float(0.0) : given[1];
}

Value Round(Runtime&, Given given) {
  const Value& value = given[0];
  const int64_t precision = IntegerOr(given[1], 0);
  const std::string method = given[2].is_missing() ? "common" : RequireText(given[2]);
  if (method != "common" && method != "ceil" && method != "floor") FailType("method must be common, ceil or floor");
  if (value.is(Type::kUndefined)) FailUndefined(value);
  if (!value.is_number()) FailType("type " + std::string(TypeName(value)) + " cannot be rounded");
  // 10^22 is the largest power of ten that a double holds exactly.
  if (precision < 0 || precision > 22) FailUnsupported("rounding to " + std::to_string(precision) + " digits");
  if (method != "common") {
    const double scale = std::pow(10.0, static_cast<double>(precision));
    const double scaled = value.number() * scale;
    if (!std::isfinite(scaled)) FailType("cannot convert float to integer");
    return Value::Float((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
  }
  if (value.is_integer()) return Value::Int(value.integer());
  if (!std::isfinite(value.number())) return value;
  // Python rounds the exact decimal expansion, as printf does.
  char digits[400];  // 309 before the point and 22 after it
  std::snprintf(digits, sizeof(digits), "%.*f", static_cast<int>(precision), value.number());
  return Value::Float(std::strtod(digits, nullptr));
}

constexpr Native kFilters[] = {
    {"abs", "x/", Abs},
    {"float", "value default?", FloatFilter},
    {"int", "value default? base?", IntFilter},
    {"round", "value precision? method?", Round},
};

}  // namespace

std::span<const Native> NumberFilters() { return kFilters; }

}  // namespace bantam::jinja
