#include "text/jinja/number_format.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/utf8.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

// A double has at most 1074 digits after the point; more can only be zeros.
constexpr int64_t kMaxPrecision = 1100;

int64_t CountCodePoints(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string Repeat(std::string_view text, int64_t count) {
  std::string out;
  for (int64_t i = 0; i < count; ++i) out += text;
  return out;
}

// Pads `prefix` + `body` to the width; with align '=' the padding stands between the two.
std::string Pad(Runtime& runtime, std::string_view prefix, std::string_view body, const FormatSpec& spec,
                char default_align) {
  const int64_t padding = spec.width - CountCodePoints(prefix) - CountCodePoints(body);
  std::string out(prefix);
  if (padding <= 0) return out.append(body);
  if (padding > runtime.limits().memory_bytes / 4) runtime.CheckRoom(INT64_MAX);  // a fill has up to 4 bytes
  runtime.CheckRoom(4 * padding);
  runtime.StepBytes(static_cast<size_t>(padding));
  const char align = spec.align != 0 ? spec.align : default_align;
  if (align == '=') return out.append(Repeat(spec.fill, padding)).append(body);
  out.append(body);
  const int64_t left = align == '>' ? padding : align == '^' ? padding / 2 : 0;
  return Repeat(spec.fill, left) + out + Repeat(spec.fill, padding - left);
}

// Puts the separator between groups of `group` digits, counted from the end of the leading run of digits.
std::string Group(const std::string& digits, char separator, int group) {
  size_t end = 0;
  while (end < digits.size() && std::isalnum(static_cast<unsigned char>(digits[end])) != 0 && digits[end] != 'e') ++end;
  std::string out;
  for (size_t i = 0; i < end; ++i) {
    if (i > 0 && (end - i) % group == 0) out += separator;
    out += digits[i];
  }
  return out + digits.substr(end);
}

std::string SignOf(bool negative, char sign) {
  if (negative) return "-";
  return sign == '-' ? "" : std::string(1, sign);
}

void CheckZeroGrouping(const FormatSpec& spec) {
  if (spec.grouping != 0 && spec.fill == "0" && spec.align == '=') FailUnsupported("grouping digits with zero padding");
}

}  // namespace

std::string FormatInteger(Runtime& runtime, int64_t value, const FormatSpec& spec) {
  CheckZeroGrouping(spec);
  const uint64_t magnitude = value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string digits, radix;
  switch (spec.type) {
    case 'b':
      digits = fmt::format("{:b}", magnitude);
      radix = "0b";
      break;
    case 'o':
      digits = fmt::format("{:o}", magnitude);
      radix = "0o";
      break;
    case 'x':
      digits = fmt::format("{:x}", magnitude);
      radix = "0x";
      break;
    case 'X':
      digits = fmt::format("{:X}", magnitude);
      radix = "0X";
      break;
    default:
      digits = fmt::format("{}", magnitude);
  }
  if (spec.precision > kMaxPrecision) FailUnsupported("a precision beyond " + std::to_string(kMaxPrecision));
  if (spec.precision > static_cast<int64_t>(digits.size())) digits.insert(0, spec.precision - digits.size(), '0');
  if (spec.grouping != 0) digits = Group(digits, spec.grouping, radix.empty() ? 3 : 4);
  return Pad(runtime, SignOf(value < 0, spec.sign) + (spec.alternate ? radix : ""), digits, spec, '>');
}

std::string FormatReal(Runtime& runtime, double value, const FormatSpec& spec) {
  CheckZeroGrouping(spec);
  if (spec.precision > kMaxPrecision) FailUnsupported("a precision beyond " + std::to_string(kMaxPrecision));
  const bool negative = std::signbit(value) && !std::isnan(value);
  const bool percent = spec.type == '%';
  const double magnitude = std::abs(percent ? value * 100 : value);
  std::string digits;
  if (std::isfinite(magnitude)) {
    const std::string layout = std::string("%") + (spec.alternate ? "#" : "") + ".*" + (percent ? 'f' : spec.type);
    const int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
    char buffer[2048];  // 309 digits before the point, kMaxPrecision after it, sign and exponent
    digits.assign(buffer, std::snprintf(buffer, sizeof(buffer), layout.c_str(), precision, magnitude));
  } else {
    digits = std::isnan(magnitude) ? "nan" : "inf";
    if (spec.type == 'E' || spec.type == 'F' || spec.type == 'G') digits = Upper(digits);
  }
  if (spec.grouping != 0) digits = Group(digits, spec.grouping, 3);
  if (percent) digits += '%';
  return Pad(runtime, SignOf(negative, spec.sign), digits, spec, '>');
}

std::string FormatText(Runtime& runtime, std::string_view text, const FormatSpec& spec) {
  if (spec.precision >= 0) text = text.substr(0, OffsetOf(text, spec.precision));
  return Pad(runtime, "", text, spec, '<');
}

}  // namespace bantam::jinja
