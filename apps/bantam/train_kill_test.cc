// A training run that is killed goes on to the same bits as one that was not. Each run of this program kills twice, at places that
// --gtest_random_seed decides; `make nightly` repeats it with five seeds.
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include <string>

#include "base/file.h"
#include "base/rng.h"
#include "testing/process.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::Finished;
using bantam::testing::ProcessOptions;
using bantam::testing::RunProcess;
using bantam::testing::TemporaryFolder;

constexpr int kKills = 2;
constexpr int kSteps = 60;

class TrainKillTest : public ::testing::Test {
 protected:
  TrainKillTest() {
    bantam::testing::WriteRandomHfFolder(folder_ / "base", {.name = "llama:tied"});
    std::string text;
    for (int i = 0; i < 400; ++i) text += fmt::format("the eel of house {} is late\n<|endoftext|>\n", i);
    WriteFileAtomically(folder_ / "text.txt", text);
  }

  Finished Train(const std::string& output, const ProcessOptions& options = {}) const {
    const std::string recipe = (folder_ / (output + ".yaml")).string();
    WriteFileAtomically(recipe, fmt::format("schema: bantam.recipe/1\nname: killed\nmodel: {{from: base}}\noutput: {}\n"
                                            "data: [{{text: text.txt}}]\nsequence_length: 64\nbatch_tokens: 512\n"
                                            "steps: {}\ncheckpoint_every: 7\noptimizer: {{lr: 0.001}}\n",
                                            output, kSteps));
    return RunProcess(BANTAM, {"train", recipe}, options);
  }

  // Lines in the log of a run; 0 before it begins.
  int LoggedSteps(const std::string& output) const {
    const std::filesystem::path log = folder_ / output / "run" / "log.jsonl";
    if (!std::filesystem::exists(log)) return 0;
    const std::string text = ReadFile(log);
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }

  TemporaryFolder folder_;
};

TEST_F(TrainKillTest, EndsWithTheSameBits) {
  ASSERT_EQ(Train("whole").status, 0);
  const std::string whole = ReadFile(folder_ / "whole" / "model.safetensors");

  Rng rng(static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()), 1);
  for (int kill_index = 0; kill_index < kKills; ++kill_index) {
    // Some steps further than the run before came, and then anywhere within the next step.
    const int until = LoggedSteps("killed") * 2 / 3 + 1 + static_cast<int>(rng.NextBelow(kSteps / 3));
    const auto microseconds = static_cast<useconds_t>(rng.NextBelow(20'000));
    const auto kill_later = [&](pid_t pid) {
      while (LoggedSteps("killed") < until && kill(pid, 0) == 0) usleep(500);
      usleep(microseconds);
      kill(pid, SIGKILL);
    };
    const Finished killed = Train("killed", {.started = kill_later});
    ASSERT_EQ(killed.status, 128 + SIGKILL) << "the run ended before it could be killed at step " << until;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "killed" / "model.safetensors"));
  }
  const Finished rest = Train("killed");
  ASSERT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(ReadFile(folder_ / "killed" / "model.safetensors"), whole);
}

}  // namespace
}  // namespace bantam
