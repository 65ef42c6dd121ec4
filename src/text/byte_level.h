// Byte-level vocabularies (GPT-2): each byte is written as one printable character, so that a token is text in JSON.
//
// The 188 bytes 0x21-0x7E, 0xA1-0xAC and 0xAE-0xFF stand for themselves as Latin-1 characters; the other 68, in ascending
// order, are U+0100, U+0101, ... (space is U+0120, "Ġ"). OpenAI's GPT-2 encoder.py, bytes_to_unicode.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bantam {

// The character of a byte, as UTF-8.
std::string_view PrintableByte(uint8_t byte);

// The bytes that a token's printable form stands for, appended to `out`. False, and `out` as it was, when a character
// stands for no byte.
bool AppendPrintedBytes(std::string_view printable, std::string& out);

}  // namespace bantam
