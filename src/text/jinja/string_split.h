// Cutting, splitting and replacing text: shared by methods of str and by filters.
#pragma once

#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

// Position of the first (last) occurrence, npos when there is none. Linear in the text for any `wanted`: the search of
// std::string is quadratic for texts that an attacker can choose.
size_t FindText(std::string_view text, std::string_view wanted);
size_t FindLastText(Runtime& runtime, std::string_view text, std::string_view wanted);

// Without the characters of `characters` (missing or None: whitespace) at its ends.
Value StripText(Runtime& runtime, const Value& self, const Value& characters, bool left, bool right);

// Python's split and rsplit: a list. separator missing or None: runs of whitespace. max_splits < 0: no limit.
Value SplitText(Runtime& runtime, const Value& self, const Value& separator, int64_t max_splits, bool from_the_right);

// The first `count` occurrences (all when negative) of `from` replaced. An empty `from` stands before every character and
// at the end.
std::string ReplaceText(Runtime& runtime, std::string_view text, std::string_view from, std::string_view to,
                        int64_t count);

}  // namespace bantam::jinja
