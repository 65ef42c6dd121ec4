#include "base/yaml.h"

#include "base/file.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Dump(const std::string& yaml) { return DumpJson(ParseYaml(yaml, "x"), -1); }

TEST(YamlTest, TypesPlainScalarsByTheCoreSchema) {
  EXPECT_EQ(Dump("[null, ~, Null, ]"), "[null,null,null]");
  EXPECT_EQ(Dump("[true, False, yes, on, y]"), R"([true,false,"yes","on","y"])");
  EXPECT_EQ(Dump("[0, -7, +7, 0x1F, 0o17, 017]"), "[0,-7,7,31,15,17]");
  EXPECT_EQ(Dump("[1.5, -.5, 1., 6e2, 1E-3]"), "[1.5,-0.5,1.0,600.0,0.001]");
  EXPECT_EQ(Dump("[., '-', 1e, e5, 1.2.3, 0x, 0o8, 0xg, 1:30, 2026-01-02, 1_000]"),
            R"([".","-","1e","e5","1.2.3","0x","0o8","0xg","1:30","2026-01-02","1_000"])");
  EXPECT_EQ(Dump("['1', \"true\", 'null', '']"), R"(["1","true","null",""])");
  EXPECT_EQ(Dump("a: |\n  1\nb: >\n  two\n  three\nc:\n"), R"({"a":"1\n","b":"two three\n","c":null})");
}

TEST(YamlTest, KeepsIntegersExactly) {
  EXPECT_EQ(Dump("[9223372036854775807, -9223372036854775808, 18446744073709551615]"),
            "[9223372036854775807,-9223372036854775808,18446744073709551615]");
  for (const char* huge : {"18446744073709551616", "-9223372036854775809"}) {
    EXPECT_BANTAM_ERROR(ParseYaml(huge, "x"), ErrorCode::kFormat, HasSubstr("64 bits"));
  }
  for (const char* infinite : {"1e999", "-1e999", ".inf", "-.Inf", ".nan"}) {
    EXPECT_BANTAM_ERROR(ParseYaml(infinite, "x"), ErrorCode::kFormat, HasSubstr("number"));
  }
}

TEST(YamlTest, KeepsTheOrderOfKeysAndTheirText) {
  EXPECT_EQ(Dump("b: {z: 1, 2: x, true: y}\na: []\n"), R"({"b":{"z":1,"2":"x","true":"y"},"a":[]})");
  EXPECT_EQ(Dump("- a\n-\n  - b\n  - {c: d}\n"), R"(["a",["b",{"c":"d"}]])");
  EXPECT_EQ(Dump("\xEF\xBB\xBFgrüße: 🐓\r\n"), R"({"grüße":"🐓"})");
  EXPECT_TRUE(ParseYaml("", "x").is_null());
  EXPECT_TRUE(ParseYaml("# nothing\n", "x").is_null());
}

TEST(YamlTest, RefusesWhatCouldBeAbused) {
  const struct {
    const char* text;
    const char* place;
    const char* says;
  } cases[] = {
      {"a: 1\nb: &x [1]\n", "f.yaml:2:", "anchors"},
      {"a: *x\n", "f.yaml:1:", ""},
      {"a: &x\n", "f.yaml:1:", "anchors"},
      {"a: !thing 1\n", "f.yaml:1:4", "!thing"},
      {"a: !!str 1\n", "f.yaml:1:4", "tag:yaml.org,2002:str"},
      {"a: !!map {}\n", "f.yaml:1:4", "tag:yaml.org,2002:map"},
      {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1", "\"a\" stands twice"},
      {"{a: {b: 1, b: 2}}", "f.yaml:1:12", "\"b\" stands twice"},
      {"a: 1\n---\nb: 2\n", "f.yaml:2:1", "second document"},
      {"a:\n  - [1, 2\n", "f.yaml:2:5", "left open"},
      {"a: [1, 2}\n", "f.yaml:1:9", "invalid YAML"},
      {"a: b: c\n", "f.yaml:1:", "invalid YAML"},
      {"? [1]\n: 2\n", "f.yaml:1:", "key is a list"},
      {"~: 2\n", "f.yaml:1:", "key is empty"},
      {"a\n\xff\n", "f.yaml:2", "UTF-8"},
  };
  for (const auto& c : cases) {
    EXPECT_BANTAM_ERROR(ParseYaml(c.text, "f.yaml"), ErrorCode::kFormat, AllOf(StartsWith(c.place), HasSubstr(c.says)));
  }
  EXPECT_BANTAM_ERROR(ParseYaml(std::string_view("a: 1\n\0", 6), "f"), ErrorCode::kFormat, HasSubstr("zero byte"));
}

TEST(YamlTest, RefusesDeepNesting) {
  EXPECT_NO_THROW(ParseYaml(std::string(64, '[') + std::string(64, ']'), "x"));
  EXPECT_BANTAM_ERROR(ParseYaml(std::string(65, '[') + std::string(65, ']'), "x"), ErrorCode::kFormat,
                      AllOf(StartsWith("x:1:65"), HasSubstr("64 levels")));
  for (const char* step : {"[", "{a: ", "{", "- ", "? ", "[?", ": ", "!a [", "&a ["}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += step;
    EXPECT_BANTAM_ERROR(ParseYaml(text, "x"), ErrorCode::kFormat, StartsWith("x:"));
  }
}

TEST(YamlTest, TellsTheLines) {
  YamlLines lines;
  ParseYaml("a: 1\nb:\n  - x\n  - c: |\n      text\n    d: [1,\n      2]\n", "x", &lines);
  EXPECT_EQ(lines.at("a"), 1);
  EXPECT_EQ(lines.at("b.0"), 3);
  EXPECT_EQ(lines.at("b.1.c"), 4);
  EXPECT_EQ(lines.at("b.1.d"), 6);
  EXPECT_EQ(lines.at("b.1.d.1"), 7);
  EXPECT_EQ(lines.count("b.2"), 0u);
}

TEST(YamlTest, ReadsFiles) {
  bantam::testing::TemporaryFolder folder;
  WriteFileAtomically(folder / "a.yaml", "a: [1, 2]\n");
  EXPECT_EQ(DumpJson(ReadYamlFile(folder / "a.yaml"), -1), R"({"a":[1,2]})");
  EXPECT_BANTAM_ERROR(ReadYamlFile(folder / "a.yaml", 5), ErrorCode::kFormat, HasSubstr("at most 5"));
  EXPECT_BANTAM_ERROR(ReadYamlFile(folder / "none.yaml"), ErrorCode::kIo, HasSubstr("none.yaml"));
}

}  // namespace
}  // namespace bantam
