#include "base/utf8.h"

namespace bantam {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

uint8_t Byte(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// What a lead byte promises: length of its sequence and the range its second byte must lie in (Unicode, table 3-7).
// length 0: no sequence begins with it.
struct Lead {
  int length;
  uint8_t second_low, second_high;
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// Bytes of the well-formed prefix of the sequence at the front of `text`, at most the sequence's length.
int ValidPrefix(std::string_view text, const Lead& lead) {
  int good = 1;
  while (good < lead.length && static_cast<size_t>(good) < text.size()) {
    const uint8_t low = good == 1 ? lead.second_low : 0x80, high = good == 1 ? lead.second_high : 0xBF;
    const uint8_t byte = Byte(text, static_cast<size_t>(good));
    if (byte < low || byte > high) break;
    ++good;
  }
  return good;
}

}  // namespace

CodePoint DecodeUtf8(std::string_view text) {
  const uint8_t first = Byte(text, 0);
  const Lead lead = LeadOf(first);
  if (lead.length == 0) return {kReplacement, 1, false};
  if (lead.length == 1) return {first, 1, true};
  const int good = ValidPrefix(text, lead);
  if (good < lead.length) return {kReplacement, good, false};
  char32_t value = first & (0x7F >> lead.length);
  for (int i = 1; i < lead.length; ++i) value = value << 6 | (Byte(text, static_cast<size_t>(i)) & 0x3F);
  return {value, lead.length, true};
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (!point.valid) return false;
    text.remove_prefix(static_cast<size_t>(point.length));
  }
  return true;
}

void AppendUtf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
  const auto push = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | c >> 6);
    push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | c >> 12);
    push(0x80 | (c >> 6 & 0x3F));
    push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | c >> 18);
    push(0x80 | (c >> 12 & 0x3F));
    push(0x80 | (c >> 6 & 0x3F));
    push(0x80 | (c & 0x3F));
  }
}

std::u32string ToUtf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    out += point.value;
    text.remove_prefix(static_cast<size_t>(point.length));
  }
  return out;
}

std::string ToUtf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) AppendUtf8(out, c);
  return out;
}

int IncompleteUtf8Suffix(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const std::string_view tail = text.substr(text.size() - back);
    const Lead lead = LeadOf(Byte(tail, 0));
    if (lead.length <= 1) {
      if (lead.length == 1) return 0;  // ASCII ends the search; a continuation byte goes on with it
      continue;
    }
    const bool whole_so_far = ValidPrefix(tail, lead) == static_cast<int>(back);
    return whole_so_far && lead.length > static_cast<int>(back) ? static_cast<int>(back) : 0;
  }
  return 0;
}

std::string SanitizeUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (point.valid) {
      out += text.substr(0, static_cast<size_t>(point.length));
    } else {
      AppendUtf8(out, kReplacement);
    }
    text.remove_prefix(static_cast<size_t>(point.length));
  }
  return out;
}

}  // namespace bantam
