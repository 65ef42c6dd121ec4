// UTF-8 decoding and encoding, strict as RFC 3629 asks: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bantam {

bool IsValidUtf8(std::string_view text);

// One code point from the front of a non-empty text: its value and length in bytes; an invalid sequence gives U+FFFD
// and the length of its maximal subpart (Unicode 3.9, the substitution every browser uses).
struct CodePoint {
  char32_t value;
  int length;
  bool valid;
};
CodePoint DecodeUtf8(std::string_view text);

void AppendUtf8(std::string& out, char32_t code_point);
std::u32string ToUtf32(std::string_view text);  // invalid sequences become U+FFFD
std::string ToUtf8(std::u32string_view text);

// Bytes at the end of `text` that begin a sequence which more bytes could complete: 0 to 3. What a stream must hold
// back.
int IncompleteUtf8Suffix(std::string_view text);

// `text` with invalid sequences replaced by U+FFFD.
std::string SanitizeUtf8(std::string_view text);

}  // namespace bantam
