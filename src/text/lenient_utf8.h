// Text that may not be UTF-8, as llama.cpp reads it, so that a GGUF tokenizer gives the same ids for any bytes.
//
// A lead byte promises a length by its upper four bits alone: 0x..7x 1, 8x..Bx 1, Cx and Dx 2, Ex 3, Fx 4. A sequence is
// taken when it has that many continuation bytes, however it came about: overlong forms and surrogates pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bantam {

// Bytes that the lead byte promises: 1 to 4.
int PromisedLength(uint8_t lead);

// Bytes of the next character of a non-empty text for tokenizers that work on raw bytes: what the lead byte promises or
// what is left, whatever those bytes are.
size_t RawCharacterLength(std::string_view text);

enum class Surrogates { kKeep, kReplace };

// `text` itself when it is valid UTF-8; else a copy in `storage` where every byte that begins no sequence is U+FFFD.
// kKeep (llama.cpp): overlong forms are written in their shortest form and surrogates stay as three bytes; kReplace:
// every byte of both is U+FFFD, and the result is valid UTF-8. Values above U+10FFFF are replaced by either.
std::string_view RepairUtf8(std::string_view text, Surrogates surrogates, std::string& storage);

}  // namespace bantam
