// Text -> number, as Python's int() and float() read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bantam::jinja {

// None when the text is no integer of that base (0: the base its prefix tells); kUnsupported beyond 64 bits.
std::optional<int64_t> ParseInteger(std::string_view text, int64_t base);
std::optional<double> ParseFloat(std::string_view text);

}  // namespace bantam::jinja
