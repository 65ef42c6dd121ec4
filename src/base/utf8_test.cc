#include "base/utf8.h"

#include "testing/testing.h"

namespace bantam {
namespace {

TEST(Utf8Test, RoundTripsEveryScalarValue) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(text, c);
    const CodePoint point = DecodeUtf8(text);
    ASSERT_TRUE(point.valid && point.value == c && point.length == static_cast<int>(text.size()))
        << std::hex << uint32_t{c};
    for (size_t cut = 1; cut < text.size(); ++cut) {
      ASSERT_EQ(IncompleteUtf8Suffix("a" + text.substr(0, cut)), static_cast<int>(cut)) << std::hex << uint32_t{c};
    }
    ASSERT_EQ(IncompleteUtf8Suffix("a" + text), 0) << std::hex << uint32_t{c};
  }
}

TEST(Utf8Test, RefusesWhatRfc3629Forbids) {
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xE2\x82", "a\xC3"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

// The example of the Unicode standard, section 3.9, table 3-11: maximal subparts.
TEST(Utf8Test, ReplacesMaximalSubparts) {
  EXPECT_EQ(ToUtf32("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            std::u32string(U"a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd"));
  EXPECT_EQ(SanitizeUtf8("a\xFF\xE2\x82"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf8Test, SuffixThatNothingCanCompleteIsNotHeldBack) {
  EXPECT_EQ(IncompleteUtf8Suffix("\x80\x80"), 0);
  EXPECT_EQ(IncompleteUtf8Suffix("\xE0\x80"), 0);
  EXPECT_EQ(IncompleteUtf8Suffix("\xED\xA0"), 0);
  EXPECT_EQ(IncompleteUtf8Suffix(""), 0);
}

}  // namespace
}  // namespace bantam
