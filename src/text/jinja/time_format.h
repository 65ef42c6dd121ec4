// strftime_now: the date that templates put into a system message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bantam::jinja {

// Python's datetime.strftime in the C locale. `now`: seconds since the epoch, shown in UTC; without it the clock's time in
// the local time zone. A directive that is not known is kUnsupported.
std::string FormatTime(std::string_view layout, std::optional<int64_t> now);

}  // namespace bantam::jinja
