// Unicode below the tokenizers: text that is not UTF-8, stand-ins for new characters, normalization.
#include <utf8proc.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "testing/testing.h"
#include "text/lenient_utf8.h"
#include "text/unicode_changes.h"
#include "text/unicode_normalize.h"

namespace bantam {
namespace {

std::string Repaired(std::string_view text, Surrogates surrogates) {
  std::string storage;
  return std::string(RepairUtf8(text, surrogates, storage));
}

TEST(LenientUtf8, RepairsAsLlamaCppReads) {
  const struct {
    std::string text, kept, replaced;
  } cases[] = {
      {"plain é 漢 😀", "plain é 漢 😀", "plain é 漢 😀"},
      {"a\xFFz", "a\uFFFDz", "a\uFFFDz"},
      {"\x80\xBF", "\uFFFD\uFFFD", "\uFFFD\uFFFD"},
      {"\xE6\xBC", "\uFFFD\uFFFD", "\uFFFD\uFFFD"},        // cut off
      {"\xE6\xBC!", "\uFFFD\uFFFD!", "\uFFFD\uFFFD!"},     // not continued
      {"\xC0\x80", std::string(1, '\0'), "\uFFFD\uFFFD"},  // overlong: its character
      {"\xE0\x81\x81", "A", "\uFFFD\uFFFD\uFFFD"},
      {"\xED\xA0\x80", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},                        // a surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xF8\x88\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Repaired(c.text, Surrogates::kKeep), c.kept);
    EXPECT_EQ(Repaired(c.text, Surrogates::kReplace), c.replaced);
  }
}

TEST(LenientUtf8, RawCharactersGoByTheLeadByte) {
  EXPECT_EQ(RawCharacterLength("a"), 1U);
  EXPECT_EQ(RawCharacterLength("\x80z"), 1U);
  EXPECT_EQ(RawCharacterLength("\xC3z"), 2U);
  EXPECT_EQ(RawCharacterLength("\xE2zzz"), 3U);
  EXPECT_EQ(RawCharacterLength("\xFFzzzz"), 4U);
  EXPECT_EQ(RawCharacterLength("\xF0z"), 2U);
}

// Every code point keeps its length in bytes, and where utf8proc knows it (Unicode 15.0), its category.
TEST(RegexSubject, StandInsHaveTheRightCategory) {
  int replaced = 0;
  for (char32_t c = 0x80; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    AppendUtf8(text, c);
    const RegexSubject subject(text, UnicodeVersion::k17);
    EXPECT_EQ(subject.characters(), text);
    if (subject.categories() == text) continue;
    ++replaced;
    ASSERT_EQ(subject.categories().size(), text.size());
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    const CodePoint stand_in = DecodeUtf8(subject.categories());
    if (category != UTF8PROC_CATEGORY_CN && c != 0x295 && c != 0x1171E) {  // these two changed after 15.0
      EXPECT_EQ(category, utf8proc_category(static_cast<utf8proc_int32_t>(stand_in.value)))
          << std::hex << static_cast<uint32_t>(c);
    }
  }
  EXPECT_EQ(replaced, 15106);  // characters of Unicode 17.0 whose category is another one in 14.0
}

TEST(UnicodeNormalize, NewMarksAndCompositions) {
  const auto nfc = [](std::string_view text) { return NormalizeUnicodeText(text, UnicodeForm::kNfc); };
  const auto nfd = [](std::string_view text) { return NormalizeUnicodeText(text, UnicodeForm::kNfd); };
  EXPECT_EQ(nfc("e\u0301"), "é");
  EXPECT_EQ(nfd("é"), "e\u0301");
  EXPECT_EQ(nfc("\u212b\u2126"), "Å\u03a9");
  EXPECT_EQ(nfc("\u1100\u1161\u11a8"), "각");
  EXPECT_EQ(nfc("\u0f3a\u1aea\u0eba"), "\u0f3a\u0eba\u1aea");  // 1AEA: class 230, Unicode 17.0
  EXPECT_EQ(nfc("e\u1add\u0301"), "é\u1add");                  // class 220 does not block
  EXPECT_EQ(nfc("e\u1acf\u0301"), "e\u1acf\u0301");            // class 230 does
  EXPECT_EQ(nfd("\U00016126"), "\U0001611e\U0001611e\U0001611f");
  EXPECT_EQ(nfc("\U0001611e\U0001611e\U0001611f"), "\U00016126");
  EXPECT_EQ(nfc("\U00016d63\U00016d67\U00016d67"), "\U00016d6a");
  EXPECT_EQ(NormalizeUnicodeText("ﬁ²", UnicodeForm::kNfkc), "fi2");
  EXPECT_EQ(NormalizeUnicodeText("\ufdfa", UnicodeForm::kNfkd).size(), 33U);  // the longest: 18 characters
}

// Where no character is newer than utf8proc's tables, its own normalization is the judge.
TEST(UnicodeNormalize, AgreesWithUtf8proc) {
  Rng rng(7);
  const std::pair<char32_t, char32_t> ranges[] = {
      {0x41, 0x5A},     {0xC0, 0x17F},    {0x300, 0x345},   {0x591, 0x5BD},   {0x93C, 0x9C7},   {0xB3E, 0xBCC},
      {0x1100, 0x11C2}, {0xAC00, 0xAC40}, {0x1E00, 0x1FFF}, {0x3046, 0x30FE}, {0xFB1D, 0xFB4F}, {0x1D158, 0x1D1C0}};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const uint64_t length = 1 + rng.NextBelow(8);
    for (uint64_t i = 0; i < length; ++i) {
      const auto& [first, last] = ranges[rng.NextBelow(std::size(ranges))];
      AppendUtf8(text, first + static_cast<char32_t>(rng.NextBelow(last - first + 1)));
    }
    for (const auto form : {UnicodeForm::kNfc, UnicodeForm::kNfd, UnicodeForm::kNfkc, UnicodeForm::kNfkd}) {
      const bool composed = form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc;
      const bool compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
      utf8proc_uint8_t* expected = nullptr;
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &expected,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
                                                  (compatible ? UTF8PROC_COMPAT : 0)));
      EXPECT_EQ(NormalizeUnicodeText(text, form), reinterpret_cast<const char*>(expected)) << text;
      std::free(expected);
    }
  }
}

TEST(UnicodeNormalize, LongRunsOfMarksTakeNoQuadraticTime) {
  std::string marks = "a";
  for (int i = 0; i < 200'000; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0323";
  const std::string composed = NormalizeUnicodeText(marks, UnicodeForm::kNfc);
  EXPECT_TRUE(composed.starts_with("ạ\u0323"));
  EXPECT_TRUE(composed.ends_with("\u0301"));
}

}  // namespace
}  // namespace bantam
