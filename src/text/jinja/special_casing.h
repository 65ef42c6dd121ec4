// Characters that become several when their case changes, such as U+00DF, whose upper case is "SS".
#pragma once

#include <string_view>

namespace bantam::jinja {

struct SpecialCasing {
  char32_t character;
  std::u32string_view upper, title;
};

// Null for a character whose mappings are single characters.
const SpecialCasing* FindSpecialCasing(char32_t c);

}  // namespace bantam::jinja
