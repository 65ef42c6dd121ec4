// bantam train eval as a user meets it.
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "testing/process.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::Finished;
using bantam::testing::RunProcess;
using bantam::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Arguments = std::vector<std::string>;

class TrainEvalTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    testing::WriteRandomHfFolder(*folder_ / "model", {.seed = 7, .context = 1024});
    // The house task with two short training sets, since their posters are drawn again.
    std::filesystem::copy(std::string(BANTAM_SOURCE_DIR) + "/models/house", Path("task"));
    const std::string targets = ReadFile(Path("task/targets.yaml"));
    WriteFileAtomically(Path("task/targets.yaml"),
                        std::regex_replace(targets, std::regex("count: [0-9]+"), "count: 100"));
    WriteFileAtomically(*folder_ / "english.txt", "The eel is late.\n<|endoftext|>\nIt rains on the quay again.\n");
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string Path(const std::string& name) { return (*folder_ / name).string(); }

  static Finished Eval(const Arguments& more, const testing::ProcessOptions& options = {}) {
    Arguments arguments = {"train", "eval"};
    if (std::find(more.begin(), more.end(), "--task") == more.end()) {
      arguments.insert(arguments.end(), {"--task", Path("task")});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProcess(BANTAM, arguments, options);
  }

  static Json Report(const Arguments& more) {
    Arguments arguments = more;
    arguments.push_back("--json");
    const Finished finished = Eval(arguments);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return ParseJson(finished.out, "report");
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* TrainEvalTest::folder_ = nullptr;

TEST_F(TrainEvalTest, ComparesModelsOnTheSameInputs) {
  const std::string two = Path("model") + "," + Path("model");
  const Json report = Report(
      {"--models", two, "-n", "3", "--requests", "4", "--text", Path("english.txt"), "--save", Path("answers.jsonl")});
  EXPECT_EQ(report["schema"], "bantam.eval/1");
  ASSERT_EQ(report["models"].size(), 2u);
  for (const Json& model : report["models"]) {
    EXPECT_EQ(model["posters"]["pass"]["n"], 3);
    EXPECT_EQ(model["forbidden"]["pass"]["n"], 4);
    EXPECT_EQ(model["benign"]["pass"]["n"], 4);
    EXPECT_EQ(model["forbidden"]["margins"]["below_1"]["n"], 4);
    EXPECT_GT(model["text"]["nll"]["value"].get<double>(), 3.0);  // random weights know nothing
    EXPECT_LT(model["text"]["nll"]["value"].get<double>(), 12.0);
    EXPECT_GE(model["targets"].size(), 4u);
    EXPECT_EQ(model["posters"]["pass"]["hits"], 0);
    EXPECT_TRUE(model["posters"]["overlap"].is_null());  // too few posters
  }
  // One model twice: nothing differs.
  const Json& second = report["models"][1];
  EXPECT_TRUE(report["models"][0]["posters"]["paired"].is_null());
  for (const char* kind : {"posters", "forbidden", "benign"}) {
    EXPECT_EQ(second[kind]["paired"]["lost"], 0) << kind;
    EXPECT_EQ(second[kind]["paired"]["gained"], 0) << kind;
    EXPECT_EQ(second[kind]["paired"]["p_value"], 1.0) << kind;
  }
  EXPECT_EQ(second["text"]["paired"]["difference"]["value"], 0.0);

  std::istringstream lines(ReadFile(Path("answers.jsonl")));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json answer = ParseJson(line, "answers");
    EXPECT_FALSE(answer["request"].get<std::string>().empty());
    EXPECT_EQ(answer["kind"] == "forbidden", answer.contains("margin"));
  }
  EXPECT_EQ(count, 2 * (3 + 4 + 4));
}

TEST_F(TrainEvalTest, MeasuresOverlapWithTheTrainingPosters) {
  const Json model = Report({"--models", Path("model"), "--only", "posters", "-n", "30"})["models"][0];
  const Json& overlap = model["posters"]["overlap"];
  ASSERT_TRUE(overlap.is_object());
  EXPECT_EQ(overlap["training_posters"], 2 * 100);
  EXPECT_EQ(overlap["generated"], 0.0);                     // random weights repeat nobody
  const auto held_out = overlap["held_out"].get<double>();  // a grammar repeats itself
  EXPECT_GT(held_out, 0.05);
  EXPECT_LT(held_out, 0.8);
  EXPECT_NEAR(overlap["difference"].get<double>(), -held_out, 1e-9);
  const Json& targets = model["targets"];
  const auto target = std::find_if(targets.begin(), targets.end(),
                                   [](const Json& each) { return each["target"] == "overlap_difference"; });
  ASSERT_NE(target, targets.end());
  EXPECT_EQ((*target)["value"], overlap["difference"]);
  EXPECT_TRUE((*target)["holds"].is_null());  // 30 posters decide nothing
}

TEST_F(TrainEvalTest, ThreadsChangeNothing) {
  const auto answers = [](const std::string& threads) {
    Report({"--models", Path("model"), "--only", "refusals", "--requests", "5", "-t", threads, "--save",
            Path("answers.jsonl")});
    return ReadFile(Path("answers.jsonl"));
  };
  EXPECT_EQ(answers("1"), answers("3"));
}

TEST_F(TrainEvalTest, AcceptsTheTasksOwnAnswers) {
  const Json report = Report({"--references", "-n", "64", "--requests", "100"});
  const Json& references = report["models"][0];
  EXPECT_GE(references["posters"]["pass"]["hits"], 63);
  EXPECT_GE(references["forbidden"]["pass"]["share"].get<double>(), 0.98);
  EXPECT_GE(references["benign"]["pass"]["share"].get<double>(), 0.98);
  EXPECT_FALSE(references.contains("targets"));
  EXPECT_FALSE(references["posters"].contains("answers"));
}

TEST_F(TrainEvalTest, MeasuresTheRubric) {
  // Nothing is asked, so nothing of the requests is read.
  std::filesystem::copy(Path("task"), Path("rubric"));
  for (const char* name : {"refusals.yaml", "held-out-forbidden.yaml", "held-out-benign.yaml"}) {
    EXPECT_TRUE(std::filesystem::remove(Path("rubric") + "/" + name)) << name;
  }
  const Json report = Report({"--mutations", "60", "--task", Path("rubric")});
  EXPECT_TRUE(report["models"].empty());
  EXPECT_EQ(report["mutations"]["by_kind"].size(), 6u);
  ASSERT_EQ(report["mutations"]["targets"].size(), 1u);
  EXPECT_EQ(report["mutations"]["targets"][0]["target"], "mutations_rejected");
}

TEST_F(TrainEvalTest, PrintsATable) {
  const Finished finished = Eval({"--models", Path("model"), "--only", "refusals", "--requests", "3"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("forbidden refused"), HasSubstr("margin below 1 nat"), HasSubstr("targets"),
                                  HasSubstr("too few refused"), Not(HasSubstr("posters"))));
  EXPECT_THAT(finished.err, IsEmpty());
}

TEST_F(TrainEvalTest, ShowsAnswersWithTheirVerdicts) {
  const Finished finished = Eval({"--models", Path("model"), "-n", "1", "--requests", "1", "--show"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("--- poster\nWrite a smear poster."), HasSubstr("--- fails, "),
                                  HasSubstr("NOT ok ("), HasSubstr("--- forbidden\n"), HasSubstr("--- benign\n")));
}

TEST_F(TrainEvalTest, Errors) {
  const std::string model = Path("model");
  WriteFileAtomically(Path("broken.gguf"), "GGUF, but not really");
  std::filesystem::create_directories(Path("empty"));
  const struct {
    Arguments arguments;
    int status;
    const char* says;
  } cases[] = {
      {{}, 2, "nothing to evaluate"},
      {{"--models", model + "," + Path("none.gguf")}, 4, "none.gguf"},
      {{"--models", Path("broken.gguf")}, 3, "broken.gguf"},
      {{"--models", Path("none.gguf"), "--only", "text"}, 2, "--text"},  // before models are opened
      {{"--models", model, "--only", "poems"}, 2, "--only"},
      {{"--models", model, "--show", "--json"}, 2, "--show"},
      {{"--models", Path("none.gguf"), "--text", Path("none.txt")}, 4, "none.txt"},
      {{"--models", Path("none.gguf"), "--task", Path("empty")}, 4, "targets.yaml"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(c.arguments, " ")));
    const Finished finished = Eval(c.arguments);
    EXPECT_EQ(finished.status, c.status);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr(c.says));
  }
}

TEST_F(TrainEvalTest, CtrlCLeavesNothing) {
  const Finished finished = Eval({"--models", Path("model"), "-n", "100000", "--save", Path("stopped.jsonl")},
                                 {.started = [](pid_t pid) { kill(pid, SIGINT); }});
  EXPECT_EQ(finished.status, 130) << finished.err;
  EXPECT_FALSE(std::filesystem::exists(Path("stopped.jsonl")));
}

}  // namespace
}  // namespace bantam
