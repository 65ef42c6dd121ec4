// The normalization forms of Unicode 17.0 (UAX #15), by utf8proc and what is newer than its tables.
#pragma once

#include <string>
#include <string_view>

#include "text/pipeline.h"

namespace bantam {

// `text`: valid UTF-8. Not there: compatibility decompositions that came after utf8proc's Unicode version.
std::string NormalizeUnicodeText(std::string_view text, UnicodeForm form);

}  // namespace bantam
