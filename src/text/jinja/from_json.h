// The context of a rendering: JSON -> values.
#pragma once

#include <string>

#include "base/json.h"
#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

// `name`: where the JSON stands, for errors. Text that is not valid UTF-8 is kUsage, an integer beyond 64 bits (signed)
// kUnsupported.
Value FromJson(Runtime& runtime, const Json& json, const std::string& name);

}  // namespace bantam::jinja
