// The parts of Python's str that need Unicode's tables: kinds of characters, case, and text counted in code points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bantam::jinja {

// str.isspace(), str.strip() and \s in a regular expression mean the same set.
bool IsSpace(char32_t c);
bool IsPrintable(char32_t c);
bool IsAlpha(char32_t c);
bool IsDecimal(char32_t c);  // digits of positional systems
bool IsDigit(char32_t c);    // also superscripts, circled digits and the like
bool IsNumber(char32_t c);   // digits, and letters and signs that are numbers
bool IsUpper(char32_t c);
bool IsLower(char32_t c);
bool IsTitle(char32_t c);
bool IsIdentifierStart(char32_t c);
bool IsIdentifierPart(char32_t c);
bool IsLineBreak(char32_t c);  // where str.splitlines() splits

// Full mappings of Unicode (one character can become three), as Python's methods of these names.
std::string Upper(std::string_view text);
std::string Lower(std::string_view text);
std::string Title(std::string_view text);
std::string Capitalize(std::string_view text);
std::string SwapCase(std::string_view text);

std::string_view TrimSpaceLeft(std::string_view text);
std::string_view TrimSpaceRight(std::string_view text);

// Byte offset of code point `index` from the front; the text's size when it has no more than `index`.
size_t OffsetOf(std::string_view text, int64_t index);

// Takes the next line, without or with its end, from the front of `rest`, as str.splitlines() cuts; false at the end.
bool NextLine(std::string_view& rest, std::string_view& line, bool keep_ends = false);

}  // namespace bantam::jinja
