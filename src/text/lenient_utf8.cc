#include "text/lenient_utf8.h"

#include <algorithm>

#include "base/utf8.h"

namespace bantam {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

uint8_t ByteAt(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// The value of the sequence at the front, or -1 when no whole sequence begins there; its length is PromisedLength.
int32_t DecodeLoosely(std::string_view text) {
  const uint8_t lead = ByteAt(text, 0);
  if (lead < 0x80) return lead;
  if (lead < 0xC0 || lead >= 0xF8) return -1;
  const auto length = static_cast<size_t>(PromisedLength(lead));
  if (length > text.size()) return -1;
  int32_t value = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((ByteAt(text, i) & 0xC0) != 0x80) return -1;
    value = value << 6 | (ByteAt(text, i) & 0x3F);
  }
  return value > 0x10FFFF ? -1 : value;
}

bool IsSurrogate(int32_t value) { return value >= 0xD800 && value <= 0xDFFF; }

}  // namespace

int PromisedLength(uint8_t lead) { return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

size_t RawCharacterLength(std::string_view text) {
  return std::min(static_cast<size_t>(PromisedLength(ByteAt(text, 0))), text.size());
}

std::string_view RepairUtf8(std::string_view text, Surrogates surrogates, std::string& storage) {
  if (IsValidUtf8(text)) return text;
  storage.clear();
  storage.reserve(text.size() + text.size() / 2);
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (point.valid) {
      storage += text.substr(0, static_cast<size_t>(point.length));
      text.remove_prefix(static_cast<size_t>(point.length));
      continue;
    }
    const int32_t value = surrogates == Surrogates::kKeep ? DecodeLoosely(text) : -1;
    if (value < 0) {
      storage += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    const auto length = static_cast<size_t>(PromisedLength(ByteAt(text, 0)));
    if (IsSurrogate(value)) {
      storage += text.substr(0, length);
    } else {
      AppendUtf8(storage, static_cast<char32_t>(value));
    }
    text.remove_prefix(length);
  }
  return storage;
}

}  // namespace bantam
