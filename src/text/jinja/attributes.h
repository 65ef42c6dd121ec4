// object.name, object[key] and object[start:stop:step], with Jinja's rules: a dot looks for a method first and then for an
// item, brackets the other way round, and what is not there is Undefined.
#pragma once

#include <string_view>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

Value GetAttribute(Runtime& runtime, const Value& object, std::string_view name);
// The attribute alone, never an item; kMissing when there is none.
Value FindAttribute(Runtime& runtime, const Value& object, std::string_view name);
Value GetItem(Runtime& runtime, const Value& object, const Value& key);
// A part that is kMissing or None is left out.
Value GetSlice(Runtime& runtime, const Value& object, const Value& start, const Value& stop, const Value& step);

// The positions [begin, end) that [start:stop] selects of `length`, for a step of 1; none when end < begin.
struct Span {
  int64_t begin, end;
};
Span ClampSpan(int64_t length, const Value& start, const Value& stop);

}  // namespace bantam::jinja
