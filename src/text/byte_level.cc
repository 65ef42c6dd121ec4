#include "text/byte_level.h"

#include <array>

#include "base/utf8.h"

namespace bantam {
namespace {

constexpr char32_t kFirstExtra = 0x100;
constexpr int kExtras = 68;

bool StandsForItself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

struct Alphabet {
  std::array<std::string, 256> printable;
  std::array<int, kFirstExtra + kExtras> byte_of{};  // -1: no byte

  Alphabet() {
    byte_of.fill(-1);
    char32_t extra = kFirstExtra;
    for (int byte = 0; byte < 256; ++byte) {
      const char32_t character = StandsForItself(byte) ? static_cast<char32_t>(byte) : extra++;
      AppendUtf8(printable[static_cast<size_t>(byte)], character);
      byte_of[character] = byte;
    }
  }
};

const Alphabet& TheAlphabet() {
  static const Alphabet alphabet;
  return alphabet;
}

}  // namespace

std::string_view PrintableByte(uint8_t byte) { return TheAlphabet().printable[byte]; }

bool AppendPrintedBytes(std::string_view printable, std::string& out) {
  const Alphabet& alphabet = TheAlphabet();
  const size_t before = out.size();
  while (!printable.empty()) {
    const CodePoint point = DecodeUtf8(printable);
    const int byte = point.valid && point.value < alphabet.byte_of.size() ? alphabet.byte_of[point.value] : -1;
    if (byte < 0) {
      out.resize(before);
      return false;
    }
    out += static_cast<char>(byte);
    printable.remove_prefix(static_cast<size_t>(point.length));
  }
  return true;
}

}  // namespace bantam
