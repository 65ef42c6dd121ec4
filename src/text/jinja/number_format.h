// Numbers and text laid out to a format specification: what Python's % operator and str.format() share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

// Python's mini-language: [[fill]align][sign][#][0][width][grouping][.precision][type].
struct FormatSpec {
  std::string fill = " ";  // one code point
  char align = 0;          // < > ^ or = (padding after the sign); 0: what the type prefers
  char sign = '-';         // - only negative, + always, ' ' a space for positive
  bool alternate = false;  // #: 0x and the like; keep the decimal point
  char grouping = 0;       // , or _ between thousands
  int64_t width = 0;       // in code points
  int64_t precision = -1;  // digits, or code points of text; -1: not given
  char type = 0;
};

// type: d, b, o, x or X.
std::string FormatInteger(Runtime& runtime, int64_t value, const FormatSpec& spec);
// type: e, f, g, their capitals or %.
std::string FormatReal(Runtime& runtime, double value, const FormatSpec& spec);
// Cuts to the precision and pads to the width.
std::string FormatText(Runtime& runtime, std::string_view text, const FormatSpec& spec);

}  // namespace bantam::jinja
