// Values as text, the way Python's str() and repr() write them.
#pragma once

#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;
class TextBuffer;

// What {{ value }} prints. Functions, methods and generators print an address in Python: kUnsupported.
void AppendStr(TextBuffer& out, Runtime& runtime, const Value& value);
std::string Str(Runtime& runtime, const Value& value);
// The value as a string value; a string is returned as it is.
Value ToString(Runtime& runtime, const Value& value);

void AppendRepr(TextBuffer& out, Runtime& runtime, const Value& value);
std::string Repr(Runtime& runtime, const Value& value);
std::string ReprText(std::string_view text);

// Shortest decimal that reads back as the same double, written as Python does: 1.0, 1e+16, 1e-05, inf, nan.
std::string FormatFloat(double value);

}  // namespace bantam::jinja
