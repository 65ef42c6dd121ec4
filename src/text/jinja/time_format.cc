#include "text/jinja/time_format.h"

#include <chrono>
#include <ctime>

#include "base/error.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {

std::string FormatTime(std::string_view layout, std::optional<int64_t> now) {
  // Directives whose text depends on the date alone (the C locale) and cannot be empty; "-" and "0" in front of a numeric
  // one set its padding, as in glibc.
  constexpr std::string_view kKnown = "aAbBcdDeFHIjklmMnpPrRSTuUVwWxXyYZzsCgGht%";
  const auto seconds =
      static_cast<std::time_t>(now ? *now : std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  std::tm fields{};
  if ((now ? gmtime_r(&seconds, &fields) : localtime_r(&seconds, &fields)) == nullptr) {
    FailType("strftime_now: the time " + std::to_string(seconds) + " has no date");
  }
  std::string out;
  while (!layout.empty()) {
    if (layout.front() != '%') {
      const size_t end = std::min(layout.find('%'), layout.size());
      out += layout.substr(0, end);
      layout.remove_prefix(end);
      continue;
    }
    size_t length = 2;
    if (layout.size() > 2 && (layout[1] == '-' || layout[1] == '0')) ++length;
    if (layout.size() < length || kKnown.find(layout[length - 1]) == kKnown.npos) {
      FailUnsupported("strftime_now with '" + std::string(layout.substr(0, length)) + "'");
    }
    char buffer[128];
    out.append(buffer, std::strftime(buffer, sizeof(buffer), std::string(layout.substr(0, length)).c_str(), &fields));
    layout.remove_prefix(length);
  }
  return out;
}

}  // namespace bantam::jinja
