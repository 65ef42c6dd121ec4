#include "text/unicode_normalize.h"

#include <fmt/core.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace bantam {
namespace {

// Combining classes given after Unicode 15.0, which utf8proc 2.8 has.
struct ClassRange {
  char32_t first, last;
  int combining_class;
};
constexpr ClassRange kNewClasses[] = {{0x0897, 0x0897, 230},   {0x1ACF, 0x1ADC, 230},   {0x1ADD, 0x1ADD, 220},
                                      {0x1AE0, 0x1AE5, 230},   {0x1AE6, 0x1AE6, 220},   {0x1AE7, 0x1AEA, 230},
                                      {0x1AEB, 0x1AEB, 234},   {0x10D69, 0x10D6D, 230}, {0x10EFA, 0x10EFB, 220},
                                      {0x113CE, 0x113D0, 9},   {0x1612F, 0x1612F, 9},   {0x1E5EE, 0x1E5EE, 230},
                                      {0x1E5EF, 0x1E5EF, 220}, {0x1E6E3, 0x1E6E3, 230}, {0x1E6E6, 0x1E6E6, 230},
                                      {0x1E6EE, 0x1E6EF, 230}, {0x1E6F5, 0x1E6F5, 230}};

// Canonical compositions added after Unicode 15.0.
struct Composition {
  char32_t whole, first, second;
};
constexpr Composition kNewCompositions[] = {
    {0x105C9, 0x105D2, 0x0307},  {0x105E4, 0x105DA, 0x0307},  {0x11383, 0x11382, 0x113C9}, {0x11385, 0x11384, 0x113BB},
    {0x1138E, 0x1138B, 0x113C2}, {0x11391, 0x11390, 0x113C9}, {0x113C5, 0x113C2, 0x113C2}, {0x113C7, 0x113C2, 0x113B8},
    {0x113C8, 0x113C2, 0x113C9}, {0x16121, 0x1611E, 0x1611E}, {0x16122, 0x1611E, 0x16129}, {0x16123, 0x1611E, 0x1611F},
    {0x16124, 0x16129, 0x1611F}, {0x16125, 0x1611E, 0x16120}, {0x16126, 0x16121, 0x1611F}, {0x16127, 0x16122, 0x1611F},
    {0x16128, 0x16121, 0x16120}, {0x16D68, 0x16D67, 0x16D67}, {0x16D69, 0x16D63, 0x16D67}, {0x16D6A, 0x16D69, 0x16D67}};

constexpr char32_t kFirstNewComposition = 0x105C9;
constexpr char32_t kFirstCombining = 0x0300;  // nothing below composes with what stands before it

int CombiningClass(char32_t c) {
  if (c < kFirstCombining) return 0;
  for (const ClassRange& range : kNewClasses) {
    if (c < range.first) break;
    if (c <= range.last) return range.combining_class;
  }
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

void AppendDecomposed(std::u32string& out, char32_t c, utf8proc_option_t options) {
  for (const Composition& row : kNewCompositions) {
    if (c < kFirstNewComposition) break;
    if (row.whole != c) continue;
    AppendDecomposed(out, row.first, options);
    AppendDecomposed(out, row.second, options);
    return;
  }
  constexpr int kLongest = 32;  // U+FDFA has a compatibility decomposition of 18
  std::array<utf8proc_int32_t, kLongest> parts{};
  int boundary = 0;
  const auto count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), kLongest, options, &boundary);
  if (count < 0 || count > kLongest)
    Fail(ErrorCode::kInternal, fmt::format("decomposing U+{:04X}", static_cast<uint32_t>(c)));
  out.append(parts.begin(), parts.begin() + count);
}

std::u32string Decompose(std::string_view text, bool compatible) {
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (point.value < 0x80) {
      out += point.value;
    } else {
      AppendDecomposed(out, point.value, options);
    }
    text.remove_prefix(static_cast<size_t>(point.length));
  }
  return out;
}

// Canonical ordering: runs of combining marks by their class, marks of one class in the order they had. utf8proc's own
// takes quadratic time on a long run.
void Reorder(std::u32string& text) {
  std::vector<std::pair<int, size_t>> order;
  for (size_t begin = 0; begin < text.size(); ++begin) {
    order.clear();
    for (size_t i = begin; i < text.size(); ++i) {
      const int combining_class = CombiningClass(text[i]);
      if (combining_class == 0) break;
      order.emplace_back(combining_class, i);
    }
    if (order.size() > 1) {
      std::sort(order.begin(), order.end());
      std::u32string run;
      for (const auto& [combining_class, i] : order) run += text[i];
      text.replace(begin, run.size(), run);
    }
    begin += order.size();
  }
}

// The primary composite of two code points, or 0.
char32_t Compose(char32_t first, char32_t second) {
  if (second < kFirstCombining) return 0;
  for (const Composition& row : kNewCompositions) {
    if (row.first == first && row.second == second) return row.whole;
  }
  // One more than the pair: utf8proc ends the array with a zero.
  utf8proc_int32_t pair[3] = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second), 0};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  return utf8proc_normalize_utf32(pair, 2, options) == 1 ? static_cast<char32_t>(pair[0]) : 0;
}

std::u32string ComposeAll(const std::u32string& text) {
  std::u32string out;
  size_t starter = std::u32string::npos;
  int last_class = 0;
  for (const char32_t c : text) {
    const int combining_class = CombiningClass(c);
    const bool open = starter != std::u32string::npos && (out.size() == starter + 1 || last_class < combining_class);
    if (const char32_t whole = open ? Compose(out[starter], c) : 0; whole != 0) {
      out[starter] = whole;
      continue;
    }
    if (combining_class == 0) starter = out.size();
    out += c;
    last_class = combining_class;
  }
  return out;
}

}  // namespace

std::string NormalizeUnicodeText(std::string_view text, UnicodeForm form) {
  const auto is_ascii = [](char c) { return static_cast<uint8_t>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string(text);  // equal to itself in every form
  const bool compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  std::u32string points = Decompose(text, compatible);
  Reorder(points);
  const bool composed = form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc;
  return ToUtf8(composed ? ComposeAll(points) : points);
}

}  // namespace bantam
