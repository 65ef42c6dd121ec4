#include "text/regex.h"

#include "testing/testing.h"
#include "text/regex_translate.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// All matches, from left to right.
std::vector<std::string> Matches(const std::string& pattern, const std::string& text,
                                 UnicodeVersion version = UnicodeVersion::k17) {
  const Regex regex(pattern, "test");
  const RegexSubject subject(text, version);
  RegexBudget budget(text.size());
  Regex::Finder finder(regex, budget);
  std::vector<std::string> found;
  for (size_t from = 0; from < text.size();) {
    const auto match = finder.Find(regex.View(subject), from);
    if (!match || match->begin == match->end) break;
    found.push_back(text.substr(match->begin, match->end - match->begin));
    from = match->end;
  }
  return found;
}

TEST(Regex, WhiteSpaceIsUnicodes) {
  EXPECT_THAT(Matches("\\s+", "a\u0085\u00a0b\u3000c"), ElementsAre("\u0085\u00a0", "\u3000"));
  EXPECT_THAT(Matches("\\s", "\u180e\u200b\ufeff"), ElementsAre());  // PCRE2's own \s has the first
  EXPECT_THAT(Matches("\\S+", "a\u180e b"), ElementsAre("a\u180e", "b"));
  EXPECT_THAT(Matches("[^\\s]+|[\\S]", "a\u2003b"), ElementsAre("a", "b"));
  EXPECT_THAT(Matches("[x\\S]+", " \u00a0xé\u3000"), ElementsAre("xé"));
}

TEST(Regex, ClassesOfWordsAndDigits) {
  EXPECT_THAT(Matches("\\d+", "12٣x½"), ElementsAre("12٣"));
  EXPECT_THAT(Matches("\\D", "1a"), ElementsAre("a"));
  EXPECT_THAT(Matches("\\w+", "né\u0301_1-ok"), ElementsAre("né\u0301_1", "ok"));
  EXPECT_THAT(Matches("\\W", "a-1"), ElementsAre("-"));
  EXPECT_THAT(Matches("[\\w-]+", "a-1 b"), ElementsAre("a-1", "b"));
}

TEST(Regex, CaseFoldsInAsciiOnly) {
  EXPECT_THAT(Matches("(?i:'s|'ll)", "'s 'S 'ſ 'lL"), ElementsAre("'s", "'S", "'lL"));
  EXPECT_THAT(Matches("(?i:[a-c]k|[x]z)", "Ak B\u212A cK XZ"), ElementsAre("Ak", "cK", "XZ"));
  EXPECT_THAT(Matches("(?i:a)b", "AB Ab"), ElementsAre("Ab"));  // ends with the group
}

TEST(Regex, LinesQuantifiersAndBraces) {
  EXPECT_THAT(Matches("^a|b$", "a\na\rb\nb"), ElementsAre("a", "a", "b", "b"));
  EXPECT_THAT(Matches("a{2}+", "aaaaa"), ElementsAre("aaaa"));  // not possessive: repeated
  EXPECT_THAT(Matches("a{,2}b", "aaab"), ElementsAre("aab"));
  EXPECT_THAT(Matches("a{x}", "a{x}"), ElementsAre("a{x}"));
  EXPECT_THAT(Matches("a++a", "aaa"), ElementsAre());
  EXPECT_THAT(Matches("a+?", "aa"), ElementsAre("a", "a"));
  EXPECT_THAT(Matches("\\u0041\\x42\\x{43}", "ABC"), ElementsAre("ABC"));
  EXPECT_THAT(Matches("(?<=a)b(?!c)|(?<!x)d", "abc ab xd d"), ElementsAre("b", "d"));
  EXPECT_THAT(Matches("\\s+(?!\\S)|\\s+", "a   b"), ElementsAre("  ", " "));
}

TEST(Regex, CategoriesFollowTheAskedVersion) {
  const std::string letter16 = "\u1c89", letter151 = "\U0002ebf0", digit16 = "\U00016130", mark17 = "\u1acf";
  EXPECT_THAT(Matches("\\p{L}", letter16), ElementsAre(letter16));
  EXPECT_THAT(Matches("\\p{Lu}", letter16), ElementsAre(letter16));
  EXPECT_THAT(Matches("\\p{N}", digit16), ElementsAre(digit16));
  EXPECT_THAT(Matches("\\p{M}", mark17), ElementsAre(mark17));
  EXPECT_THAT(Matches("\\p{L}|\\p{N}|\\p{M}", letter16 + digit16 + mark17, UnicodeVersion::k15_1), ElementsAre());
  EXPECT_THAT(Matches("\\p{L}", letter151, UnicodeVersion::k15_1), ElementsAre(letter151));
  EXPECT_THAT(Matches("\\p{Han}", letter151), ElementsAre(letter151));
  // A regex that names characters must meet these characters, not stand-ins.
  EXPECT_THAT(Matches("[\u1c80-\u1c8f]", letter16, UnicodeVersion::k15_1), ElementsAre(letter16));
  // Surrogates, which llama.cpp lets through, are no characters of any class.
  EXPECT_THAT(Matches("\\p{L}+|[^\\p{L}]", "a\xED\xA0\x80"), ElementsAre("a", "\xED\xA0\x80"));
}

TEST(Regex, RefusesWhatItDoesNotTranslate) {
  for (const char* pattern : {"(a)\\1", "(?<n>a)", "(?P<n>a)",    "(?1)",    "(?R)",  "(*ACCEPT)",  "a(*SKIP)",
                              "[a[b]]", "[a&&b]",  "[[:alpha:]]", "\\K",     "\\G",   "\\R",        "\\h",
                              "\\Qa",   "[\\W]",   "[\\b]",       "(?x: a)", "(?i)a", "(?i:[a-9])", "\\p{NoSuchThing}",
                              "a**",    "[b-a]"}) {
    SCOPED_TRACE(pattern);
    EXPECT_BANTAM_ERROR(Regex(pattern, "file.json"), ErrorCode::kUnsupported, HasSubstr("file.json"));
  }
  for (const char* pattern : {"(", ")", "a)", "[a", "[", "\\", "a\\", "*a", "\\p", "\\p{L", "\\x4", "\\u00"}) {
    SCOPED_TRACE(pattern);
    EXPECT_BANTAM_ERROR(Regex(pattern, "file.json"), ErrorCode::kFormat, HasSubstr("file.json"));
  }
  EXPECT_BANTAM_ERROR(Regex(std::string(100'000, 'a'), "file.json"), ErrorCode::kUnsupported, HasSubstr("bytes"));
  EXPECT_BANTAM_ERROR(Regex(std::string(300, '('), "file.json"), ErrorCode::kUnsupported, HasSubstr("nested"));
  EXPECT_BANTAM_ERROR(Regex("((a{1000}){1000}){1000}", "file.json"), ErrorCode::kUnsupported, HasSubstr("too large"));
}

// Patterns that take exponential or polynomial time: they must stop with an error, soon.
TEST(Regex, StopsRunawayMatches) {
  const std::string text(40'000, 'a');
  for (const char* pattern : {"(a+)+[xy]", "(?:a|a)*[xy]", "(?:a?){40}a{40}[xy]", "(?=(a+)+[xy])", "([ab]*[ab]*)*[xy]",
                              "(?:[ab]c?)*(?:[ab]c?)*(?:[ab]c?)*[xy]"}) {
    SCOPED_TRACE(pattern);
    EXPECT_BANTAM_ERROR(Matches(pattern, text), ErrorCode::kUnsupported, HasSubstr("fails on this text"));
  }
}

TEST(Regex, LongRepetitions) {
  EXPECT_EQ(Matches("\\p{L}+", std::string(1 << 20, 'a')).size(), 1U);
  EXPECT_EQ(Matches("(?:ab?)+", std::string(1 << 16, 'a')).size(), 1U);  // takes stack for every repetition
}

}  // namespace
}  // namespace bantam
