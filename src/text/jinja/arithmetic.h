// Python's arithmetic operators on template values. Integers have 64 bits; what does not fit is kUnsupported, because
// Python would go on with a larger integer.
#pragma once

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

enum class Arithmetic : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

Value Apply(Runtime& runtime, Arithmetic operation, const Value& a, const Value& b);
Value Negate(const Value& value);
Value Posate(const Value& value);  // unary plus

}  // namespace bantam::jinja
