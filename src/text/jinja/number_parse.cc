#include "text/jinja/number_parse.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

// Drops single underscores that stand between digits; false when one stands elsewhere.
bool DropUnderscores(std::string_view text, std::string& out, bool leading_allowed) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool after_digit = i > 0 ? is_digit(text[i - 1]) : leading_allowed;
    if (!after_digit || i + 1 >= text.size() || !is_digit(text[i + 1])) return false;
  }
  return true;
}

bool TakeSign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

// The base that a prefix such as 0x tells, or 0.
int64_t PrefixBase(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 0;
  switch (text[1] | 0x20) {
    case 'x':
      return 16;
    case 'o':
      return 8;
    case 'b':
      return 2;
    default:
      return 0;
  }
}

}  // namespace

std::optional<int64_t> ParseInteger(std::string_view text, int64_t base) {
  if (base != 0 && (base < 2 || base > 36)) return {};
  text = TrimSpaceLeft(TrimSpaceRight(text));
  const bool negative = TakeSign(text);
  const int64_t told = PrefixBase(text);
  const bool has_prefix = told != 0 && (base == 0 || base == told);
  if (has_prefix) {
    text.remove_prefix(2);
    base = told;
  }
  const bool leading_zero_is_wrong = base == 0 && text.starts_with('0') && text.find_first_not_of("0_") != text.npos;
  if (base == 0) base = 10;
  std::string digits = negative ? "-" : "";
  if (leading_zero_is_wrong || !DropUnderscores(text, digits, has_prefix)) return {};
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, problem] = std::from_chars(digits.data(), end, value, static_cast<int>(base));
  if (problem == std::errc::invalid_argument || stopped != end || text.starts_with('-')) return {};
  if (problem == std::errc::result_out_of_range) FailOverflow("int");
  return value;
}

std::optional<double> ParseFloat(std::string_view text) {
  text = TrimSpaceLeft(TrimSpaceRight(text));
  const bool negative = TakeSign(text);
  std::string digits;
  if (text.empty() || text.starts_with('-') || !DropUnderscores(text, digits, false)) return {};
  const std::string lower = Lower(digits);
  double value = 0;
  if (lower == "inf" || lower == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (lower == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (lower.find_first_not_of("0123456789.e+-") != std::string::npos) {
    return {};
  } else {
    const char* end = lower.data() + lower.size();
    const auto [stopped, problem] = std::from_chars(lower.data(), end, value);
    if (problem == std::errc::invalid_argument || stopped != end) return {};
    if (problem == std::errc::result_out_of_range) {  // too large for a double, or too small
      value = lower.find("e-") == std::string::npos ? std::numeric_limits<double>::infinity() : 0.0;
    }
  }
  return negative ? -value : value;
}

}  // namespace bantam::jinja
