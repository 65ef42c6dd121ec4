// "address.city" or "items.0": where filters such as map(attribute=...), sort and groupby look in each item.
#pragma once

#include <string_view>
#include <vector>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

class AttributePath {
 public:
  // attribute: text with dots, an integer, or None or missing for the item itself. A part of digits is a position.
  AttributePath(Runtime& runtime, const Value& attribute);

  // What is not there is Undefined, or `otherwise` when that is given and not None.
  Value Get(Runtime& runtime, const Value& item, const Value& otherwise = {}) const;

 private:
  std::vector<Value> parts_;
};

// The value with a string in lower case, as sorting without regard to case needs it.
Value IgnoreCase(Runtime& runtime, const Value& value);

}  // namespace bantam::jinja
