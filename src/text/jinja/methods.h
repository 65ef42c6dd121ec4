// Methods of Python's types that templates may call.
#pragma once

#include <span>
#include <string_view>

#include "text/jinja/native.h"

namespace bantam::jinja {

// The method (or other attribute) of the object's type; null when Python's type has none of that name. One that Python has
// and Bantam has not is an entry without functions.
const Native* FindMethod(const Value& object, std::string_view name);

// Methods that would change their object, which the sandbox keeps templates from: they look undefined.
bool IsChangingMethod(const Value& object, std::string_view name);

std::span<const Native> StringMethods();  // sorted by name

}  // namespace bantam::jinja
