#include "base/json.h"

#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(JsonTest, ReportsLineAndColumn) {
  EXPECT_BANTAM_ERROR(ParseJson("{\n  \"a\": ]\n}", "config.json"), ErrorCode::kFormat,
                      AllOf(HasSubstr("config.json"), HasSubstr("line 2")));
  EXPECT_BANTAM_ERROR(ParseJson("", "config.json"), ErrorCode::kFormat, HasSubstr("config.json"));
}

TEST(JsonTest, RefusesDeepNesting) {
  EXPECT_NO_THROW(ParseJson(std::string(256, '[') + std::string(256, ']'), "x"));
  EXPECT_BANTAM_ERROR(ParseJson(std::string(257, '[') + std::string(257, ']'), "x"), ErrorCode::kFormat,
                      HasSubstr("nested"));
  EXPECT_NO_THROW(ParseJson("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '[') + "\"", "x"));
}

TEST(JsonTest, RefusesWhatWouldBeDroppedSilently) {
  EXPECT_BANTAM_ERROR(ParseJson(R"({"a": 1, "b": {"a": 2}, "a": 3})", "x"), ErrorCode::kFormat, HasSubstr("\"a\""));
  EXPECT_BANTAM_ERROR(ParseJson(std::string_view("{}\0{}", 5), "x"), ErrorCode::kFormat, HasSubstr("zero byte"));
  EXPECT_BANTAM_ERROR(ParseJson("1e999", "x"), ErrorCode::kFormat, HasSubstr("x"));
  EXPECT_BANTAM_ERROR(ParseJson("{} {}", "x"), ErrorCode::kFormat, HasSubstr("x"));
}

// A vocabulary has hundreds of thousands of keys; a parser that searches the object for each would need minutes here.
TEST(JsonTest, ManyKeysTakeLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += "\"key " + std::to_string(i) + "\": " + std::to_string(i) + ", ";
  const Json json = ParseJson(text + "\"last\": [1, {\"x\": null}]}", "x");
  EXPECT_EQ(json.size(), 300'001u);
  EXPECT_EQ(json.back().dump(), "[1,{\"x\":null}]");
}

TEST(JsonTest, TypedLookUps) {
  const Json json =
      ParseJson(R"({"i": 7, "f": 1.5, "e": 1e3, "b": true, "s": "t", "n": null, "u": 18446744073709551615})", "w");
  EXPECT_EQ(Get<int64_t>(json, "i", "w"), 7);
  EXPECT_EQ(Get<int64_t>(json, "e", "w"), 1000);
  EXPECT_EQ(Get<double>(json, "i", "w"), 7.0);
  EXPECT_EQ(Get<bool>(json, "b", "w"), true);
  EXPECT_EQ(Get<std::string>(json, "s", "w"), "t");
  EXPECT_EQ(Get<int64_t>(json, "n", "w", 9), 9);
  EXPECT_EQ(Get<int64_t>(json, "absent", "w", 9), 9);
  EXPECT_BANTAM_ERROR(Get<int64_t>(json, "absent", "w"), ErrorCode::kFormat, HasSubstr("\"absent\" is missing"));
  EXPECT_BANTAM_ERROR(Get<int64_t>(json, "f", "w"), ErrorCode::kFormat, HasSubstr("\"f\""));
  EXPECT_BANTAM_ERROR(Get<int64_t>(json, "u", "w"), ErrorCode::kFormat, HasSubstr("\"u\""));
  EXPECT_BANTAM_ERROR(Get<std::string>(json, "i", "w"), ErrorCode::kFormat, HasSubstr("a string"));
  EXPECT_BANTAM_ERROR(Get<bool>(Json(3), "i", "w"), ErrorCode::kFormat, HasSubstr("object"));
}

TEST(JsonTest, DumpsInvalidUtf8AsReplacement) { EXPECT_EQ(DumpJson(Json("a\xff"), -1), "\"a\xEF\xBF\xBD\""); }

}  // namespace
}  // namespace bantam
