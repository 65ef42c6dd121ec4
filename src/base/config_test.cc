#include "base/config.h"

#include "base/nearest.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StrEq;

Config Make(const std::string& json) { return Config(ParseJson(json, "json"), "recipe.yaml"); }

TEST(ConfigTest, ReadsEveryType) {
  const Config config =
      Make(R"({"b": true, "i": 3, "d": 0.5, "s": "text", "list": [1, 2.5], "names": ["a"], "n": null})");
  EXPECT_TRUE(config.Get<bool>("b"));
  EXPECT_EQ(config.Get<int64_t>("i"), 3);
  EXPECT_EQ(config.Get("d", 1.0), 0.5);
  EXPECT_EQ(config.Get("s", "other"), "text");
  EXPECT_EQ(config.Get("absent", "other"), "other");
  EXPECT_EQ(config.Get("absent", 7), 7);
  EXPECT_EQ(config.Get("n", 1.5), 1.5);
  EXPECT_THAT(config.GetList<double>("list"), ElementsAre(1, 2.5));
  EXPECT_THAT(config.GetList<std::string>("names"), ElementsAre("a"));
  EXPECT_THAT(config.GetList<int64_t>("absent"), IsEmpty());
  EXPECT_TRUE(config.Has("b"));
  EXPECT_FALSE(config.Has("n"));
  EXPECT_THAT(config.Keys(), ElementsAre("b", "i", "d", "s", "list", "names", "n"));
  config.Finish();
}

TEST(ConfigTest, NamesTheKeyOfAWrongType) {
  const Config config = Make(R"({"steps": "many", "data": [{"weight": -1}, 3], "list": ["a", 1], "map": {}})");
  EXPECT_BANTAM_ERROR(config.Get<int64_t>("steps"), ErrorCode::kFormat,
                      StrEq("recipe.yaml: \"steps\" is \"many\", an integer is needed"));
  EXPECT_BANTAM_ERROR(config.Get<int64_t>("absent"), ErrorCode::kFormat, HasSubstr("\"absent\" is missing"));
  EXPECT_BANTAM_ERROR(config.Child("absent"), ErrorCode::kFormat, HasSubstr("\"absent\" is missing"));
  EXPECT_BANTAM_ERROR(config.Raw("absent"), ErrorCode::kFormat, HasSubstr("\"absent\" is missing"));
  EXPECT_BANTAM_ERROR(config.Child("steps"), ErrorCode::kFormat, HasSubstr("recipe.yaml: steps: is string"));
  EXPECT_BANTAM_ERROR(config.Finish(), ErrorCode::kUsage, HasSubstr("recipe.yaml: data: unknown key"));
  EXPECT_BANTAM_ERROR(config.Children("data"), ErrorCode::kFormat, HasSubstr("recipe.yaml: data.1: is number"));
  EXPECT_BANTAM_ERROR(config.Children("map"), ErrorCode::kFormat, HasSubstr("recipe.yaml: map: is object, a list"));
  EXPECT_BANTAM_ERROR(config.GetList<std::string>("list"), ErrorCode::kFormat,
                      HasSubstr("recipe.yaml: list: \"1\" is 1"));
  EXPECT_BANTAM_ERROR(Config(Json(3), "recipe.yaml"), ErrorCode::kFormat, HasSubstr("recipe.yaml: is number"));
}

TEST(ConfigTest, NamesUnknownKeys) {
  const Config config = Make(R"({"data": [{"weight": 1}, {}, {"wieght": 2}], "steps": 4})");
  config.Get<int64_t>("steps");
  for (const Config& child : config.Children("data")) child.Get("weight", 1.0);
  EXPECT_BANTAM_ERROR(config.Finish(), ErrorCode::kUsage,
                      StrEq("recipe.yaml: data.2.wieght: unknown key (did you mean 'weight'?)"));
}

TEST(ConfigTest, NamesAllUnknownKeysAtOnce) {
  const Config config = Make(R"({"optimizer": {"momentum": 1, "rate": 2}, "zebra": 3, "raw": {"any": 1}})");
  const Config optimizer = config.Child("optimizer");
  optimizer.Get<double>("rate");
  EXPECT_EQ(optimizer.where(), "recipe.yaml: optimizer");
  EXPECT_EQ(optimizer.Where("rate"), "recipe.yaml: optimizer.rate");
  EXPECT_EQ(config.Raw("raw").dump(), R"({"any":1})");
  EXPECT_BANTAM_ERROR(config.Finish(), ErrorCode::kUsage,
                      AllOf(HasSubstr("recipe.yaml: zebra: unknown key; so are optimizer.momentum"),
                            HasSubstr("known: optimizer, raw")));
}

// A key that was only looked at, and a child that was only opened by another handle.
TEST(ConfigTest, HandlesShareTheirRecord) {
  const Config config = Make(R"({"a": {"x": 1, "y": 2}, "b": 3})");
  config.Child("a").Get<int64_t>("x");
  EXPECT_TRUE(config.Has("b"));
  EXPECT_BANTAM_ERROR(config.Finish(), ErrorCode::kUsage, HasSubstr("recipe.yaml: b: unknown key; so are a.y"));
  const Config copy = config;
  copy.Child("a").Get<int64_t>("y");
  copy.Get<int64_t>("b");
  config.Finish();
  EXPECT_FALSE(config.OptionalChild("absent").has_value());
}

TEST(NearestTest, FindsTypingErrors) {
  const std::vector<std::string> names = {"weight", "when", "template", "is"};
  EXPECT_EQ(NearestName("wieght", names), "weight");
  EXPECT_EQ(NearestName("wen", names), "when");
  EXPECT_EQ(NearestName("tmplte", names), "template");
  EXPECT_EQ(NearestName("zebra", names), "");
  EXPECT_EQ(NearestName("x", names), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'w'), names), "");
  EXPECT_EQ(NearestHint("zebra", names), "known: weight, when, template, is");
  EXPECT_EQ(NearestHint("zebra", {}), "");
}

}  // namespace
}  // namespace bantam
