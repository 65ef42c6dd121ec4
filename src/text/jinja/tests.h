// The tests of `is`: defined, none, string, mapping, divisibleby, ...
#pragma once

#include <string_view>

#include "text/jinja/native.h"

namespace bantam::jinja {

// Null when Jinja knows no test of that name.
const Native* FindTest(std::string_view name);

}  // namespace bantam::jinja
