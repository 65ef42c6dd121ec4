#include "base/units.h"

#include <fmt/core.h>

#include <cctype>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace bantam {

uint64_t ParseBytes(std::string_view text, std::string_view flag) {
  const auto fail = [&](const char* why) {
    Fail(ErrorCode::kUsage, fmt::format("\"{}\" {}", text, why), std::string(flag),
         "write a size like 700MB, 1.5GiB or a number of bytes");
  };
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || !std::isfinite(number)) fail("is no size");
  if (number < 0) fail("is negative");
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c) {
    if (*c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  }
  if (!unit.empty() && unit.back() == 'b') unit.pop_back();
  const double base = unit.size() == 2 && unit[1] == 'i' ? 1024.0 : 1000.0;
  if (unit.size() == 2 && unit[1] == 'i') unit.pop_back();
  const size_t power = unit.empty() ? 0 : std::string_view("kmgt").find(unit) + 1;
  if (unit.size() > 1 || (unit.size() == 1 && power == 0)) fail("has an unknown unit");
  const double bytes = number * std::pow(base, static_cast<double>(power));
  if (bytes >= 9.2e18) fail("is too large");
  return static_cast<uint64_t>(std::llround(bytes));
}

namespace {

// Three significant digits with the largest prefix that keeps the number at 1 or above.
std::string WithPrefix(uint64_t value, const char* const (&prefixes)[5]) {
  double scaled = static_cast<double>(value);
  int prefix = 0;
  while (scaled >= 999.5 && prefix < 4) {
    scaled /= 1000.0;
    ++prefix;
  }
  if (prefix == 0) return fmt::format("{}{}", value, prefixes[0]);
  const int decimals = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", scaled, decimals, prefixes[prefix]);
}

}  // namespace

std::string FormatBytes(uint64_t bytes) { return WithPrefix(bytes, {" B", " kB", " MB", " GB", " TB"}); }

std::string FormatCount(uint64_t count) { return WithPrefix(count, {"", " k", " M", " B", " T"}); }

std::string FormatDuration(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace bantam
