// The tojson filter: Python's json.dumps.
#pragma once

#include <optional>
#include <string>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

struct JsonLayout {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;  // text of one level; none: one line
  std::string item_separator = ", ", key_separator = ": ";
};

// A type error for values JSON cannot hold.
std::string DumpJson(Runtime& runtime, const Value& value, const JsonLayout& layout);

}  // namespace bantam::jinja
