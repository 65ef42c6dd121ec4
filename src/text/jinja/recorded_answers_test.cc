// Compares with answers of python3-jinja2, recorded by `tests/interop/chat_templates.py --record`.
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "testing/testing.h"
#include "text/chat_template.h"

namespace bantam {
namespace {

constexpr int64_t kNow = 1735689845;  // 2025-01-01 00:04:05 UTC, as in the recording

TEST(JinjaRecordedAnswers, EverySnippetRendersAsInJinja) {
  std::ifstream file(std::string(BANTAM_SOURCE_DIR) + "/src/text/jinja/testdata/recorded_answers.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  const Json context = ParseJson(line, "recorded answers").at("context");
  int compared = 0;
  for (; std::getline(file, line); ++compared) {
    const Json recorded = ParseJson(line, "recorded answers");
    const std::string source = recorded.at("template").get<std::string>();
    if (recorded.contains("text")) {
      try {
        EXPECT_EQ(ChatTemplate(source).Render(context, kNow), recorded.at("text").get<std::string>()) << source;
      } catch (const Error& error) {
        ADD_FAILURE() << source << "\n" << error.what();
      }
    } else {
      EXPECT_THROW(ChatTemplate(source).Render(context, kNow), Error) << source;
    }
  }
  EXPECT_GT(compared, 1300);
}

}  // namespace
}  // namespace bantam
