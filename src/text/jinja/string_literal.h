// The escapes of string literals, as Python's unicode_escape codec reads them.
#pragma once

#include <string>
#include <string_view>

namespace bantam::jinja {

// Decodes what stands between the quotes into `text`. Returns what is wrong, or nothing.
std::string DecodeStringLiteral(std::string_view raw, std::string& text);

}  // namespace bantam::jinja
