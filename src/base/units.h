// Numbers with units, as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bantam {

// "700MB" = 700,000,000; "1.5GiB" = 1.5 * 2^30; "4096" = 4096 bytes. Decimal prefixes k M G T (with or without B, any
// case), binary ones Ki Mi Gi Ti. kUsage naming `flag` for anything else, for negative values and for overflow.
uint64_t ParseBytes(std::string_view text, std::string_view flag);

// "1.32 GB": decimal prefixes, three significant digits; below 1000 bytes "17 B".
std::string FormatBytes(uint64_t bytes);

// "134.5 M", "8.03 B": counts of parameters.
std::string FormatCount(uint64_t count);

// "12 s", "3 min 05 s", "2 h 10 min".
std::string FormatDuration(double seconds);

}  // namespace bantam
