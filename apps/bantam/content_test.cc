// bantam content as a user meets it.
#include <fmt/core.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "testing/process.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::Finished;
using bantam::testing::RunProcess;
using bantam::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kExample = std::string(BANTAM_SOURCE_DIR) + "/examples/content/tavern.yaml";

class ContentVerbTest : public ::testing::Test {
 protected:
  Finished Content(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"content"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return RunProcess(BANTAM, all);
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<Json> Lines(const std::string& name) const {
    std::vector<Json> lines;
    const std::string text = ReadFile(Path(name));
    for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      lines.push_back(ParseJson(text.substr(begin, text.find('\n', begin) - begin), name));
    }
    return lines;
  }

  TemporaryFolder folder_;
};

TEST_F(ContentVerbTest, SynthWritesSamplesOfAllSplits) {
  const Finished finished = Content({"synth", kExample, "-n", "1200", "--seed", "3", "-o", Path("a.jsonl"), "-t", "1"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("1200 samples of tavern (960 train, 120 validation, 120 test), seed 3"));
  EXPECT_THAT(finished.out, HasSubstr("8 cells with 150 to 150 samples each"));
  const auto lines = Lines("a.jsonl");
  ASSERT_EQ(lines.size(), 1200u);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["id"], i);
    EXPECT_EQ(lines[i]["messages"].size(), 3u);
    EXPECT_EQ(lines[i]["tags"]["kind"], "sign");
  }
  Content({"synth", kExample, "-n", "1200", "--seed", "3", "-o", Path("b.jsonl"), "-t", "3"});
  EXPECT_EQ(ReadFile(Path("b.jsonl")), ReadFile(Path("a.jsonl")));
  Content({"synth", kExample, "-n", "1200", "--seed", "4", "-o", Path("b.jsonl")});
  EXPECT_NE(ReadFile(Path("b.jsonl")), ReadFile(Path("a.jsonl")));
}

TEST_F(ContentVerbTest, SynthOfOneSplitGivesTheSameSamples) {
  const Finished finished =
      Content({"synth", kExample, "-n", "16", "--seed", "3", "--split", "test", "-o", Path("test.jsonl"), "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const Json summary = ParseJson(finished.out, "summary");
  EXPECT_EQ(summary["schema"], "bantam.content.synth/1");
  EXPECT_EQ(summary["splits"].dump(), R"({"test":16})");
  EXPECT_EQ(summary["cells"].size(), 8u);
  EXPECT_EQ(summary["cells"]["guests=sailors, mood=grim"], 2);
  Content({"synth", kExample, "-n", "160", "--seed", "3", "-o", Path("all.jsonl")});
  std::vector<Json> tests;
  for (const Json& line : Lines("all.jsonl")) {
    if (line["split"] == "test") tests.push_back(line["messages"]);
  }
  const auto alone = Lines("test.jsonl");
  ASSERT_EQ(tests.size(), alone.size());
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i]["messages"], tests[i]);
}

TEST_F(ContentVerbTest, DryRunDescribesTheGraph) {
  const Finished text = Content({"synth", kExample, "--dry-run"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("beast            choice, elements 10, partition train 8 validation 1 test 1"));
  EXPECT_THAT(text.out, HasSubstr("mood             choice, elements 3 <- guests"));
  EXPECT_THAT(text.out, HasSubstr("train            share 0.8, cells 8"));
  const Json json = ParseJson(Content({"synth", kExample, "--dry-run", "--json"}).out, "description");
  EXPECT_EQ(json["schema"], "bantam.content.graph/1");
  EXPECT_EQ(json["nodes"].size(), 9u);
}

TEST_F(ContentVerbTest, ShowPrintsOneSample) {
  const Finished text = Content({"show", kExample, "--seed", "7", "--index", "2", "--split", "test"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("--- system\nYou paint signs for taverns.\n--- user\nPaint "));
  EXPECT_THAT(text.out, HasSubstr("\n--- nodes\nguests: {"));
  EXPECT_THAT(text.out, HasSubstr("\ncell: guests="));
  const Json json =
      ParseJson(Content({"show", kExample, "--seed", "7", "--index", "2", "--split", "test", "--json"}).out, "sample");
  EXPECT_EQ(json["split"], "test");
  EXPECT_THAT(text.out, HasSubstr(json["messages"][2]["content"].get<std::string>()));
}

TEST_F(ContentVerbTest, SaysWhatIsWrong) {
  WriteFileAtomically(Path("bad.yaml"),
                      "schema: bantam.content/1\nname: x\nnodes: {a: {choice: [x], only: \"it == 'y'\"}}\n"
                      "output: {prompt: p, completion: '{a}'}\n");
  WriteFileAtomically(Path("asks.yaml"),
                      "schema: bantam.content/1\nname: x\n"
                      "nodes: {a: {endpoint: {url: 'http://127.0.0.1:9/v1', model: m, prompt: p}}}\n"
                      "output: {prompt: p, completion: '{a}'}\n");
  const struct {
    std::vector<std::string> arguments;
    int status;
    std::string says;
  } cases[] = {
      {{"synth", Path("none.yaml"), "--dry-run"}, 4, "none.yaml"},
      {{"synth", kExample, "-n", "5"}, 2, "--output"},
      {{"synth", kExample, "-o", Path("x.jsonl")}, 2, "--count"},
      {{"synth", kExample, "-n", "-1", "-o", Path("x.jsonl")}, 2, "--count"},
      {{"synth", kExample, "-n", "5", "-o", Path("x.jsonl"), "--split", "dev"}, 2, "unknown split 'dev'"},
      {{"show", kExample, "--split", "all"}, 2, "unknown split 'all'"},
      {{"show", kExample, "--index", "-1"}, 2, "--index"},
      {{"synth", Path("bad.yaml"), "-n", "5", "-o", Path("x.jsonl")},
       3,
       "bad.yaml:3: nodes.a: \"only\" leaves nothing"},
      {{"synth", Path("asks.yaml"), "-n", "5", "-o", Path("x.jsonl")}, 3, "--allow-endpoint"},
      {{"show", Path("asks.yaml"), "--allow-endpoint", "http://127.0.0.1:9/v2"}, 2, "was not allowed"},
      {{"show", Path("asks.yaml"), "--allow-endpoint", "somewhere"}, 2, "is no URL"},
  };
  for (const auto& c : cases) {
    const Finished finished = Content(c.arguments);
    EXPECT_EQ(finished.status, c.status) << finished.err;
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr(c.says));
  }
  EXPECT_FALSE(std::filesystem::exists(Path("x.jsonl")));
}

}  // namespace
}  // namespace bantam
