// Functions that every template can call: range, dict, namespace, raise_exception, strftime_now.
#pragma once

#include <span>

#include "text/jinja/native.h"

namespace bantam::jinja {

std::span<const Native> GlobalFunctions();  // sorted by name

}  // namespace bantam::jinja
