// The parts under the templates that a template can hardly reach the corners of.
#include <cmath>
#include <limits>
#include <vector>

#include "testing/testing.h"
#include "text/jinja/compare.h"
#include "text/jinja/dict.h"
#include "text/jinja/number_parse.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/stable_sort.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

TEST(JinjaDict, FindsEveryKeyAsItGrowsAndKeepsTheOrder) {
  Runtime runtime({}, {});
  const Ref<DictObject> dict = runtime.Make<DictObject>(0);
  for (int i = 0; i < 1000; ++i) {
    dict->Set(Value::Int(i), Value::Int(10 * i));
    dict->Set(runtime.String("key " + std::to_string(i)), Value::Int(i));
  }
  ASSERT_EQ(dict->size(), 2000u);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_NE(dict->Find(Value::Float(i)), nullptr) << i;
    EXPECT_EQ(dict->Find(Value::Float(i))->integer(), 10 * i);
    ASSERT_NE(dict->Find("key " + std::to_string(i)), nullptr) << i;
    EXPECT_EQ(dict->entries()[2 * i].first.integer(), i);
  }
  EXPECT_EQ(dict->Find(Value::Int(1000)), nullptr);
  EXPECT_EQ(dict->Find("key 1000"), nullptr);
  dict->Set(Value::Bool(true), Value::None());  // the key 1
  EXPECT_EQ(dict->size(), 2000u);
  EXPECT_TRUE(dict->Find(Value::Int(1))->is_none());
}

TEST(JinjaRuntime, MemoryIsReturned) {
  Runtime runtime({.memory_bytes = 10'000}, {});
  {
    const Value text = runtime.String(std::string(5'000, 'a'));
    EXPECT_GE(runtime.bytes_alive(), 5'000);
    EXPECT_THROW(runtime.String(std::string(5'000, 'b')), Error);
  }
  EXPECT_EQ(runtime.bytes_alive(), 0);
  {
    TextBuffer buffer(runtime);
    for (int i = 0; i < 3'000; ++i) buffer.Append('x');
    EXPECT_GE(runtime.bytes_alive(), 3'000);
  }
  EXPECT_EQ(runtime.bytes_alive(), 0);
}

TEST(JinjaCompare, IntegersAndDoublesAreComparedExactly) {
  Runtime runtime({}, {});
  const int64_t two_to_53 = int64_t{1} << 53;
  const Value close = Value::Float(static_cast<double>(two_to_53));
  EXPECT_TRUE(Equal(runtime, Value::Int(two_to_53), close));
  EXPECT_FALSE(Equal(runtime, Value::Int(two_to_53 + 1), close));
  EXPECT_TRUE(Less(runtime, close, Value::Int(two_to_53 + 1)));
  EXPECT_TRUE(Less(runtime, Value::Int(std::numeric_limits<int64_t>::max()), Value::Float(9223372036854775808.0)));
  EXPECT_FALSE(Equal(runtime, Value::Int(std::numeric_limits<int64_t>::max()), Value::Float(9223372036854775808.0)));
  EXPECT_TRUE(Equal(runtime, Value::Int(std::numeric_limits<int64_t>::min()), Value::Float(-9223372036854775808.0)));
  EXPECT_TRUE(Less(runtime, Value::Float(-1e300), Value::Int(std::numeric_limits<int64_t>::min())));
  EXPECT_TRUE(Less(runtime, Value::Int(-3), Value::Float(-2.5)));
  EXPECT_TRUE(Less(runtime, Value::Float(-3.5), Value::Int(-3)));
  const Value nan = Value::Float(std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(Equal(runtime, nan, nan));
  EXPECT_FALSE(Less(runtime, nan, Value::Int(0)));
  EXPECT_FALSE(LessOrEqual(runtime, Value::Int(0), nan));
}

TEST(JinjaFormatFloat, SwitchesToAnExponentWherePythonDoes) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0.0"},        {-0.0, "-0.0"},       {1.0, "1.0"},
      {0.0001, "0.0001"},  {0.00001, "1e-05"},   {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},     {1e-7, "1e-07"},      {1.5e300, "1.5e+300"},
      {5e-324, "5e-324"},  {0.1, "0.1"},         {1.0 / 3, "0.3333333333333333"},
      {1e22, "1e+22"},     {-123.25, "-123.25"}, {INFINITY, "inf"},
      {-INFINITY, "-inf"}, {NAN, "nan"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(FormatFloat(value), text);
}

TEST(JinjaNumberParse, ReadsWhatPythonReads) {
  EXPECT_EQ(ParseInteger(" 1_000 ", 10), 1000);
  EXPECT_EQ(ParseInteger("-9223372036854775808", 10), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ParseInteger("0x_ff", 16), 255);
  EXPECT_EQ(ParseInteger("0o17", 0), 15);
  EXPECT_EQ(ParseInteger("00", 0), 0);
  for (const char* wrong : {"", "+", "1__0", "_1", "1_", "--1", "0x", "1.0", "é"}) {
    EXPECT_EQ(ParseInteger(wrong, 10), std::nullopt) << wrong;
  }
  EXPECT_EQ(ParseInteger("010", 0), std::nullopt);
  EXPECT_EQ(ParseInteger("1", 1), std::nullopt);
  EXPECT_THROW(ParseInteger("9223372036854775808", 10), Error);
  EXPECT_EQ(ParseFloat(" -1_0.5e1 "), -105.0);
  EXPECT_EQ(ParseFloat("1e400"), INFINITY);
  EXPECT_EQ(ParseFloat("1e-400"), 0.0);
  for (const char* wrong : {"", ".", "e5", "1e", "0x1p3", "1 2", "infinit", "+-1"}) {
    EXPECT_EQ(ParseFloat(wrong), std::nullopt) << wrong;
  }
}

TEST(JinjaStableSort, IsStableAndSurvivesAnswersThatContradictEachOther) {
  std::vector<std::pair<int, int>> items;
  for (int i = 0; i < 1000; ++i) items.emplace_back((i * 7919) % 10, i);
  StableSort(items, [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 1; i < items.size(); ++i) EXPECT_LT(items[i - 1], items[i]);
  int calls = 0;
  StableSort(items, [&](const auto&, const auto&) { return ++calls % 3 == 0; });
  EXPECT_EQ(items.size(), 1000u);
}

TEST(JinjaUnicode, CaseMappingsAreFull) {
  EXPECT_EQ(Upper("straße ﬁ ΐ ŉ"), "STRASSE FI \u0399\u0308\u0301 \u02bcN");
  EXPECT_EQ(Lower("ΟΔΟΣ ΣΑΣ Σ"), "οδος σας σ");
  EXPECT_EQ(Lower("\u0130"), "i\u0307");
  EXPECT_EQ(Title("ǆ they're"), "ǅ They'Re");
  EXPECT_EQ(Capitalize("éCOLE"), "École");
  EXPECT_EQ(SwapCase("Ab ß"), "aB SS");
}

TEST(JinjaUnicode, LinesEndWherePythonEndsThem) {
  std::vector<std::string> lines;
  std::string_view rest =
                       "a\nb\r\nc\rd\x0b"
                       "e\x0c"
                       "f\x1c"
                       "g\xc2\x85h\xe2\x80\xa8i",
                   line;
  while (NextLine(rest, line)) lines.emplace_back(line);
  EXPECT_THAT(lines, ::testing::ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i"));
}

}  // namespace
}  // namespace bantam::jinja
