#include "text/unicode_changes.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "base/utf8.h"

namespace bantam {
namespace {

enum Category : uint8_t {
  kLu,
  kLl,
  kLm,
  kLo,
  kMn,
  kMc,
  kNd,
  kNl,
  kNo,
  kPd,
  kPo,
  kSm,
  kSc,
  kSo,
  kCf,
  kHan,
  kCategories
};

// A range of code points whose general category is another one in Unicode 17.0 than in 14.0. kHan is Lo of the script Han.
struct Change {
  char32_t first, last;
  Category category;
  bool after_15_1;  // still unassigned in Unicode 15.1
};

// The general categories of Unicode 14.0, 15.1 and 17.0 compared, code point by code point.
// clang-format off
constexpr Change kChanges[] = {
    {0x0295, 0x0295, kLo, false}, {0x088F, 0x088F, kLo, true}, {0x0897, 0x0897, kMn, true},
    {0x0C5C, 0x0C5C, kLo, true}, {0x0CDC, 0x0CDC, kLo, true}, {0x0CF3, 0x0CF3, kMc, false},
    {0x0ECE, 0x0ECE, kMn, false}, {0x1ACF, 0x1ADD, kMn, true}, {0x1AE0, 0x1AEB, kMn, true},
    {0x1B4E, 0x1B4F, kPo, true}, {0x1B7F, 0x1B7F, kPo, true}, {0x1C89, 0x1C89, kLu, true},
    {0x1C8A, 0x1C8A, kLl, true}, {0x20C1, 0x20C1, kSc, true}, {0x2427, 0x2429, kSo, true},
    {0x2B96, 0x2B96, kSo, true}, {0x2FFC, 0x2FFF, kSo, false}, {0x31E4, 0x31E5, kSo, true},
    {0x31EF, 0x31EF, kSo, false}, {0xA7CB, 0xA7CC, kLu, true}, {0xA7CD, 0xA7CD, kLl, true},
    {0xA7CE, 0xA7CE, kLu, true}, {0xA7CF, 0xA7CF, kLl, true}, {0xA7D2, 0xA7D2, kLu, true},
    {0xA7D4, 0xA7D4, kLu, true}, {0xA7DA, 0xA7DA, kLu, true}, {0xA7DB, 0xA7DB, kLl, true},
    {0xA7DC, 0xA7DC, kLu, true}, {0xA7F1, 0xA7F1, kLm, true}, {0xFBC3, 0xFBD2, kSo, true},
    {0xFD90, 0xFD91, kSo, true}, {0xFDC8, 0xFDCE, kSo, true}, {0x105C0, 0x105F3, kLo, true},
    {0x10940, 0x10959, kLo, true}, {0x10D40, 0x10D49, kNd, true}, {0x10D4A, 0x10D4D, kLo, true},
    {0x10D4E, 0x10D4E, kLm, true}, {0x10D4F, 0x10D4F, kLo, true}, {0x10D50, 0x10D65, kLu, true},
    {0x10D69, 0x10D6D, kMn, true}, {0x10D6E, 0x10D6E, kPd, true}, {0x10D6F, 0x10D6F, kLm, true},
    {0x10D70, 0x10D85, kLl, true}, {0x10D8E, 0x10D8F, kSm, true}, {0x10EC2, 0x10EC4, kLo, true},
    {0x10EC5, 0x10EC5, kLm, true}, {0x10EC6, 0x10EC7, kLo, true}, {0x10ED0, 0x10ED0, kPo, true},
    {0x10ED1, 0x10ED8, kSo, true}, {0x10EFA, 0x10EFC, kMn, true}, {0x10EFD, 0x10EFF, kMn, false},
    {0x1123F, 0x11240, kLo, false}, {0x11241, 0x11241, kMn, false}, {0x11380, 0x11389, kLo, true},
    {0x1138B, 0x1138B, kLo, true}, {0x1138E, 0x1138E, kLo, true}, {0x11390, 0x113B5, kLo, true},
    {0x113B7, 0x113B7, kLo, true}, {0x113B8, 0x113BA, kMc, true}, {0x113BB, 0x113C0, kMn, true},
    {0x113C2, 0x113C2, kMc, true}, {0x113C5, 0x113C5, kMc, true}, {0x113C7, 0x113CA, kMc, true},
    {0x113CC, 0x113CD, kMc, true}, {0x113CE, 0x113CE, kMn, true}, {0x113CF, 0x113CF, kMc, true},
    {0x113D0, 0x113D0, kMn, true}, {0x113D1, 0x113D1, kLo, true}, {0x113D2, 0x113D2, kMn, true},
    {0x113D3, 0x113D3, kLo, true}, {0x113D4, 0x113D5, kPo, true}, {0x113D7, 0x113D8, kPo, true},
    {0x113E1, 0x113E2, kMn, true}, {0x116D0, 0x116E3, kNd, true}, {0x1171E, 0x1171E, kMc, false},
    {0x11B00, 0x11B09, kPo, false}, {0x11B60, 0x11B60, kMn, true}, {0x11B61, 0x11B61, kMc, true},
    {0x11B62, 0x11B64, kMn, true}, {0x11B65, 0x11B65, kMc, true}, {0x11B66, 0x11B66, kMn, true},
    {0x11B67, 0x11B67, kMc, true}, {0x11BC0, 0x11BE0, kLo, true}, {0x11BE1, 0x11BE1, kPo, true},
    {0x11BF0, 0x11BF9, kNd, true}, {0x11DB0, 0x11DD8, kLo, true}, {0x11DD9, 0x11DD9, kLm, true},
    {0x11DDA, 0x11DDB, kLo, true}, {0x11DE0, 0x11DE9, kNd, true}, {0x11F00, 0x11F01, kMn, false},
    {0x11F02, 0x11F02, kLo, false}, {0x11F03, 0x11F03, kMc, false}, {0x11F04, 0x11F10, kLo, false},
    {0x11F12, 0x11F33, kLo, false}, {0x11F34, 0x11F35, kMc, false}, {0x11F36, 0x11F3A, kMn, false},
    {0x11F3E, 0x11F3F, kMc, false}, {0x11F40, 0x11F40, kMn, false}, {0x11F41, 0x11F41, kMc, false},
    {0x11F42, 0x11F42, kMn, false}, {0x11F43, 0x11F4F, kPo, false}, {0x11F50, 0x11F59, kNd, false},
    {0x11F5A, 0x11F5A, kMn, true}, {0x1342F, 0x1342F, kLo, false}, {0x13439, 0x1343F, kCf, false},
    {0x13440, 0x13440, kMn, false}, {0x13441, 0x13446, kLo, false}, {0x13447, 0x13455, kMn, false},
    {0x13460, 0x143FA, kLo, true}, {0x16100, 0x1611D, kLo, true}, {0x1611E, 0x16129, kMn, true},
    {0x1612A, 0x1612C, kMc, true}, {0x1612D, 0x1612F, kMn, true}, {0x16130, 0x16139, kNd, true},
    {0x16D40, 0x16D42, kLm, true}, {0x16D43, 0x16D6A, kLo, true}, {0x16D6B, 0x16D6C, kLm, true},
    {0x16D6D, 0x16D6F, kPo, true}, {0x16D70, 0x16D79, kNd, true}, {0x16EA0, 0x16EB8, kLu, true},
    {0x16EBB, 0x16ED3, kLl, true}, {0x16FF2, 0x16FF3, kLm, true}, {0x16FF4, 0x16FF6, kNl, true},
    {0x187F8, 0x187FF, kLo, true}, {0x18CFF, 0x18CFF, kLo, true}, {0x18D09, 0x18D1E, kLo, true},
    {0x18D80, 0x18DF2, kLo, true}, {0x1B132, 0x1B132, kLo, false}, {0x1B155, 0x1B155, kLo, false},
    {0x1CC00, 0x1CCEF, kSo, true}, {0x1CCF0, 0x1CCF9, kNd, true}, {0x1CCFA, 0x1CCFC, kSo, true},
    {0x1CD00, 0x1CEB3, kSo, true}, {0x1CEBA, 0x1CED0, kSo, true}, {0x1CEE0, 0x1CEEF, kSo, true},
    {0x1CEF0, 0x1CEF0, kSm, true}, {0x1D2C0, 0x1D2D3, kNo, false}, {0x1DF25, 0x1DF2A, kLl, false},
    {0x1E030, 0x1E06D, kLm, false}, {0x1E08F, 0x1E08F, kMn, false}, {0x1E4D0, 0x1E4EA, kLo, false},
    {0x1E4EB, 0x1E4EB, kLm, false}, {0x1E4EC, 0x1E4EF, kMn, false}, {0x1E4F0, 0x1E4F9, kNd, false},
    {0x1E5D0, 0x1E5ED, kLo, true}, {0x1E5EE, 0x1E5EF, kMn, true}, {0x1E5F0, 0x1E5F0, kLo, true},
    {0x1E5F1, 0x1E5FA, kNd, true}, {0x1E5FF, 0x1E5FF, kPo, true}, {0x1E6C0, 0x1E6DE, kLo, true},
    {0x1E6E0, 0x1E6E2, kLo, true}, {0x1E6E3, 0x1E6E3, kMn, true}, {0x1E6E4, 0x1E6E5, kLo, true},
    {0x1E6E6, 0x1E6E6, kMn, true}, {0x1E6E7, 0x1E6ED, kLo, true}, {0x1E6EE, 0x1E6EF, kMn, true},
    {0x1E6F0, 0x1E6F4, kLo, true}, {0x1E6F5, 0x1E6F5, kMn, true}, {0x1E6FE, 0x1E6FE, kLo, true},
    {0x1E6FF, 0x1E6FF, kLm, true}, {0x1F6D8, 0x1F6D8, kSo, true}, {0x1F6DC, 0x1F6DC, kSo, false},
    {0x1F774, 0x1F776, kSo, false}, {0x1F777, 0x1F77A, kSo, true}, {0x1F77B, 0x1F77F, kSo, false},
    {0x1F7D9, 0x1F7D9, kSo, false}, {0x1F8B2, 0x1F8BB, kSo, true}, {0x1F8C0, 0x1F8C1, kSo, true},
    {0x1F8D0, 0x1F8D8, kSm, true}, {0x1FA54, 0x1FA57, kSo, true}, {0x1FA75, 0x1FA77, kSo, false},
    {0x1FA87, 0x1FA88, kSo, false}, {0x1FA89, 0x1FA8A, kSo, true}, {0x1FA8E, 0x1FA8F, kSo, true},
    {0x1FAAD, 0x1FAAF, kSo, false}, {0x1FABB, 0x1FABD, kSo, false}, {0x1FABE, 0x1FABE, kSo, true},
    {0x1FABF, 0x1FABF, kSo, false}, {0x1FAC6, 0x1FAC6, kSo, true}, {0x1FAC8, 0x1FAC8, kSo, true},
    {0x1FACD, 0x1FACD, kSo, true}, {0x1FACE, 0x1FACF, kSo, false}, {0x1FADA, 0x1FADB, kSo, false},
    {0x1FADC, 0x1FADC, kSo, true}, {0x1FADF, 0x1FADF, kSo, true}, {0x1FAE8, 0x1FAE8, kSo, false},
    {0x1FAE9, 0x1FAEA, kSo, true}, {0x1FAEF, 0x1FAEF, kSo, true}, {0x1FAF7, 0x1FAF8, kSo, false},
    {0x1FBCB, 0x1FBEF, kSo, true}, {0x1FBFA, 0x1FBFA, kSo, true}, {0x2B739, 0x2B739, kLo, false},
    {0x2B73A, 0x2B73F, kLo, true}, {0x2CEA2, 0x2CEAD, kLo, true}, {0x2EBF0, 0x2EE5D, kHan, false},
    {0x31350, 0x323AF, kHan, false}, {0x323B0, 0x33479, kHan, true},
};
// clang-format on

// A code point of the category that Unicode 14.0 has, by the length of its UTF-8 form: 3 and 4 bytes.
struct StandIn {
  char32_t three, four;
};
constexpr std::array<StandIn, kCategories> kStandIns = {{
    {0x1E00, 0x10400},  // Lu
    {0x1E01, 0x10428},  // Ll
    {0x1D2C, 0x16B40},  // Lm
    {0x0905, 0x10000},  // Lo
    {0x0901, 0x101FD},  // Mn
    {0x0903, 0x11000},  // Mc
    {0x0966, 0x104A0},  // Nd
    {0x2160, 0x10140},  // Nl
    {0x2460, 0x10107},  // No
    {0x2010, 0x10EAD},  // Pd
    {0x0964, 0x10100},  // Po
    {0x2044, 0x1D6C1},  // Sm
    {0x20AC, 0x11FDD},  // Sc
    {0x2100, 0x10137},  // So
    {0x200B, 0x110BD},  // Cf
    {0x4E00, 0x20000},  // Han
}};
constexpr char32_t kTwoByteLo = 0x01BB;  // U+0295 is the only change below U+0800

// Private use: in no class that a pre-tokenizer names, like an unassigned code point.
constexpr StandIn kUnassigned = {0xE000, 0xF0000};

const Change* FindChange(char32_t c) {
  const auto* found = std::upper_bound(std::begin(kChanges), std::end(kChanges), c,
                                       [](char32_t v, const Change& r) { return v < r.first; });
  if (found == std::begin(kChanges)) return nullptr;
  --found;
  return c <= found->last ? found : nullptr;
}

// Blocks of 256 code points that hold a change: most characters are cleared by one bit.
const std::bitset<0x1100>& ChangedBlocks() {
  static const auto blocks = [] {
    std::bitset<0x1100> bits;
    for (const Change& change : kChanges) {
      for (char32_t c = change.first >> 8; c <= change.last >> 8; ++c) bits.set(c);
    }
    return bits;
  }();
  return blocks;
}

char32_t StandInFor(char32_t c, int length, UnicodeVersion version) {
  if (!ChangedBlocks()[c >> 8]) return c;
  const Change* change = FindChange(c);
  if (change == nullptr) return c;
  if (length == 2) return kTwoByteLo;
  const bool unassigned = change->after_15_1 && version == UnicodeVersion::k15_1;
  const StandIn& stand_in = unassigned ? kUnassigned : kStandIns[change->category];
  return length == 3 ? stand_in.three : stand_in.four;
}

void Replace(std::string_view text, std::string& copy, size_t at, char32_t stand_in) {
  if (copy.empty()) copy = text;
  std::string bytes;
  AppendUtf8(bytes, stand_in);
  copy.replace(at, bytes.size(), bytes);
}

}  // namespace

RegexSubject::RegexSubject(std::string_view text, UnicodeVersion version) : text_(text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead == 0xED && static_cast<uint8_t>(text[i + 1]) >= 0xA0) {  // a surrogate, which no regex engine accepts
      Replace(text, literal_, i, kUnassigned.three);
      Replace(text, categories_, i, kUnassigned.three);
      i += 3;
      continue;
    }
    const CodePoint point = DecodeUtf8(text.substr(i));
    const char32_t stand_in = StandInFor(point.value, point.length, version);
    if (stand_in != point.value) Replace(text, categories_, i, stand_in);
    i += static_cast<size_t>(point.length);
  }
}

}  // namespace bantam
