// Paths, conditions, filters and the syntax of templates.
#include "task/expression.h"
#include "task/filters.h"
#include "task/template.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(PathTest, SplitsIntoSteps) {
  const Path path = ParsePath("intel.0.a-b_c", "x");
  ASSERT_EQ(path.steps.size(), 3u);
  EXPECT_EQ(path.steps[0].key, "intel");
  EXPECT_EQ(path.steps[0].index, -1);
  EXPECT_EQ(path.steps[1].index, 0);
  EXPECT_EQ(path.steps[2].key, "a-b_c");
  EXPECT_EQ(PathLength("a.b|cap"), 3u);
  EXPECT_EQ(PathLength("a. b"), 1u);
  EXPECT_EQ(PathLength("0.a"), 0u);
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "1a", "a b", "a|b", "-a"}) {
    EXPECT_BANTAM_ERROR(ParsePath(bad, "x"), ErrorCode::kFormat, AllOf(StartsWith("x: "), HasSubstr("is no path")));
  }
}

bool Holds(const std::string& condition) {
  static const Json kWorld = ParseJson(
      R"({"name": "Anna", "age": 40, "height": 1.7, "old": false, "friends": ["Bo", "Cy"], "none": [], "empty": "",
          "home": {"id": 1}, "house": {"id": 1}, "zero": 0})",
      "world");
  const auto lookup = [&](const Path& path) {
    return kWorld.contains(path.text) ? Value::Of(kWorld.at(path.text)) : Value();
  };
  return Expression::Parse(condition, "x").Holds(lookup);
}

TEST(ExpressionTest, ComparesAndCombines) {
  for (const char* holds : {"name == 'Anna'",
                            "name != \"Bo\"",
                            "age == 40",
                            "age >= 40",
                            "age <= 40.0",
                            "age > 39.5",
                            "age < 41",
                            "height < 2",
                            "'Bo' in friends",
                            "'nn' in name",
                            "name not in friends",
                            "name in ['Bo', 'Anna']",
                            "age in [40]",
                            "gone == null",
                            "not gone",
                            "null == gone",
                            "not old",
                            "old == false",
                            "friends",
                            "not none",
                            "not empty",
                            "not zero",
                            "'Anna' < 'Bo'",
                            "not (gone < 1)",
                            "not (gone >= 1)",
                            "home == house",
                            "home != name",
                            "-1 < zero",
                            "not ('x' in gone)",
                            "friends == ['Bo', 'Cy']",
                            "friends != ['Bo']",
                            "not not name",
                            "(age == 40) == true",
                            "name=='Anna'and age==40"}) {
    EXPECT_TRUE(Holds(holds)) << holds;
  }
  for (const char* not_holds :
       {"name == 40", "40 == '40'", "old", "true and false", "name == gone", "not true", "1 > 2"}) {
    EXPECT_FALSE(Holds(not_holds)) << not_holds;
  }
}

// "and" binds tighter than "or", "not" tighter than both; comparison tightest.
TEST(ExpressionTest, Precedence) {
  EXPECT_TRUE(Holds("true or false and false"));
  EXPECT_FALSE(Holds("(true or false) and false"));
  EXPECT_TRUE(Holds("not false or true"));
  EXPECT_FALSE(Holds("not (false or true)"));
  EXPECT_TRUE(Holds("not 1 == 2"));
  EXPECT_TRUE(Holds("false or false or true"));
}

TEST(ExpressionTest, TellsWhereItCannotBeRead) {
  const struct {
    const char* condition;
    const char* says;
  } cases[] = {
      {"", "a value is expected at its end"},
      {"a ==", "a value is expected at its end"},
      {"a = 1", "\"==\" compares"},
      {"a == 'b", "not closed at column 6"},
      {"(a", "\")\" is expected"},
      {"a b", "nothing more is expected at column 3"},
      {"a == 1 == 2", "nothing more is expected at column 8"},
      {"[1, [2]]", "a list in a list"},
      {"[1 2]", "\"]\" is expected at column 4"},
      {"1.2.3 == a", "no number"},
      {"a not b", "\"in\" is expected"},
      {"a && b", "nothing more"},
      {"a in", "a value is expected"},
      {"a.", "nothing more is expected at column 2"},
  };
  for (const auto& c : cases) {
    EXPECT_BANTAM_ERROR(Expression::Parse(c.condition, "f:3"), ErrorCode::kFormat,
                        AllOf(StartsWith("f:3: "), HasSubstr(c.says)));
  }
  EXPECT_BANTAM_ERROR(Expression::Parse(std::string(100'000, '('), "x"), ErrorCode::kFormat, HasSubstr("nested"));
  std::string nots;
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_BANTAM_ERROR(Expression::Parse(nots, "x"), ErrorCode::kFormat, HasSubstr("nested"));
}

TEST(ExpressionTest, RefusesOrderThatMeansNothing) {
  EXPECT_BANTAM_ERROR(Holds("name < 3"), ErrorCode::kFormat, HasSubstr("a text and a number have no order"));
  EXPECT_BANTAM_ERROR(Holds("friends > friends"), ErrorCode::kFormat, HasSubstr("have no order"));
  EXPECT_BANTAM_ERROR(Holds("1 in 2"), ErrorCode::kFormat, HasSubstr("a number cannot be in a number"));
}

std::string Apply(const std::string& filter, const std::string& text) {
  return ApplyFilter(ParseFilter(filter, "x"), text);
}

TEST(FilterTest, ChangeTexts) {
  EXPECT_EQ(Apply("upper", "old ém"), "OLD éM");
  EXPECT_EQ(Apply("lower", "OLD"), "old");
  EXPECT_EQ(Apply("cap", "old man"), "Old man");
  EXPECT_EQ(Apply("title", "old-timer of the sea"), "Old-Timer Of The Sea");
  EXPECT_EQ(Apply("cap", ""), "");
}

TEST(FilterTest, ChooseTheArticle) {
  for (const char* an :
       {"eel", "Owl", "hour", "honest man", "heir", "uninvited guest", "unimportant man", "usher", "only child"}) {
    EXPECT_EQ(Apply("a", an), std::string("an ") + an);
  }
  for (const char* a : {"cat", "House", "unicorn", "useful idiot", "European", "one-eyed man", "ewe", "hero", "42"}) {
    EXPECT_EQ(Apply("a", a), std::string("a ") + a);
  }
  EXPECT_EQ(Apply("a", ""), "");
}

TEST(FilterTest, JoinLists) {
  const Filter list = ParseFilter("list", "x");
  EXPECT_EQ(JoinList(list, {}), "");
  EXPECT_EQ(JoinList(list, {"a"}), "a");
  EXPECT_EQ(JoinList(list, {"a", "b"}), "a and b");
  EXPECT_EQ(JoinList(list, {"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(JoinList(ParseFilter("lines", "x"), {"a", "b"}), "a\nb");
  EXPECT_EQ(JoinList(ParseFilter("join: - ", "x"), {"a", "b"}), "a - b");
  for (const char* bad : {"", "uper", "join", "cap:x", "List"}) {
    EXPECT_BANTAM_ERROR(ParseFilter(bad, "f:1"), ErrorCode::kFormat, StartsWith("f:1: unknown filter"));
  }
  EXPECT_BANTAM_ERROR(ParseFilter("uper", "x"), ErrorCode::kFormat, HasSubstr("did you mean 'upper'?"));
}

TEST(FilterTest, TidiesSpaces) {
  EXPECT_EQ(TidySpaces("  a   b , c .  \n  d !?  "), "a b, c.\nd!?");
  EXPECT_EQ(TidySpaces("a\n\nb"), "a\n\nb");
  EXPECT_EQ(TidySpaces("   "), "");
}

std::vector<Piece> Pieces(const std::string& text, bool rules = false) {
  return ParseTemplate(text, "x", rules).pieces;
}

TEST(TemplateTest, ReadsPieces) {
  const auto pieces = Pieces("Hear {a.0.b|list|cap}, [x|y*2.5|] \\[\\{\\<\\|\\\\ <b>");
  ASSERT_EQ(pieces.size(), 5u);
  EXPECT_EQ(pieces[0].text, "Hear ");
  EXPECT_EQ(pieces[1].path.text, "a.0.b");
  EXPECT_EQ(pieces[1].filters.size(), 2u);
  EXPECT_THAT(pieces[3].weights, ElementsAre(1, 2.5, 1));
  EXPECT_EQ(pieces[3].alternatives[1].pieces[0].text, "y");
  EXPECT_TRUE(pieces[3].alternatives[2].pieces.empty());
  EXPECT_EQ(pieces[4].text, " [{<|\\ <b>");
}

TEST(TemplateTest, ReadsRulesInGrammarsAlone) {
  const auto pieces = Pieces("<a> <b-c:unique>", true);
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].text, "a");
  EXPECT_FALSE(pieces[0].unique);
  EXPECT_EQ(pieces[2].text, "b-c");
  EXPECT_TRUE(pieces[2].unique);
  EXPECT_EQ(Pieces("<|im_start|>")[0].text, "<|im_start|>");
}

TEST(TemplateTest, WeightsAreTrailingNumbersOnly) {
  EXPECT_THAT(Pieces("[a*3|b*|2*x|7|\\*3|*4|{p}*5]")[0].weights, ElementsAre(3, 1, 1, 1, 1, 4, 5));
  const auto alternatives = Pieces("[a*3|b*|\\*3|*4]")[0].alternatives;
  EXPECT_EQ(alternatives[0].pieces[0].text, "a");
  EXPECT_EQ(alternatives[1].pieces[0].text, "b*");
  EXPECT_EQ(alternatives[2].pieces[0].text, "*3");
  EXPECT_TRUE(alternatives[3].pieces.empty());
}

TEST(TemplateTest, TellsWhereItCannotBeRead) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"a {", "\"{\" is not followed by a path at character 3"},
      {"a { b }", "is not followed by a path"},
      {"{a", "\"}\" is expected at character 3"},
      {"{a b}", "\"}\" is expected"},
      {"{a|}", "unknown filter"},
      {"{a|capp}", "did you mean 'cap'?"},
      {"a}", "\"}\" without \"{\" at character 2"},
      {"[a|b", "\"[\" is not closed at character 1"},
      {"a]", "\"]\" without \"[\" at character 2"},
      {"[a*0|b*0]", "no alternative has a weight above 0"},
      {"[a*1.2.3|b]", "a weight that is no number"},
      {"a\\n", "a lone backslash at character 2"},
      {"a\\", "a lone backslash"},
  };
  for (const auto& c : cases) {
    EXPECT_BANTAM_ERROR(ParseTemplate(c.text, "f:7", false), ErrorCode::kFormat,
                        AllOf(StartsWith("f:7: "), HasSubstr(c.says)));
  }
  for (const char* bad : {"<", "< a>", "<a", "<a:uniq>", "<a.b>", "3 < 4"}) {
    EXPECT_BANTAM_ERROR(ParseTemplate(bad, "x", true), ErrorCode::kFormat, HasSubstr("the name of a rule"));
  }
  EXPECT_BANTAM_ERROR(ParseTemplate(std::string(100'000, '['), "x", false), ErrorCode::kFormat, HasSubstr("nested"));
}

}  // namespace
}  // namespace bantam
