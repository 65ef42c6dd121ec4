// Names that come with a file: of tensors, metadata keys and shards. Internal to formats/.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/utf8.h"

namespace bantam {

// Valid UTF-8 without control characters. A zero byte would cut the name short wherever C strings are used (paths,
// error messages, llama.cpp); the others could drive a terminal that prints it.
inline bool IsCleanName(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return IsValidUtf8(name) && std::none_of(name.begin(), name.end(), is_control);
}

}  // namespace bantam
