// The loop over a small model: learning, resuming bit by bit, full disks, NaN.
#include "train/trainer.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/cancel.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/rng.h"
#include "formats/safetensors.h"
#include "formats/test_support.h"
#include "math/gemm.h"
#include "testing/testing.h"
#include "train/initial_weights.h"
#include "train/language_objective.h"
#include "train/test_model.h"

namespace bantam {
namespace {

using bantam::testing::BigramModel;
using bantam::testing::SmallArchitecture;
using bantam::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kVocab = 32, kSteps = 12;

// Documents that count upwards from a random start: after token t comes t + 1.
SegmentSet Counting(uint64_t seed, int64_t documents = 40) {
  TokenSet tokens(kVocab);
  Rng rng(seed);
  for (int64_t i = 0; i < documents; ++i) {
    TokenizedDocument document;
    const auto start = static_cast<int32_t>(rng.NextBelow(kVocab));
    const auto length = static_cast<int32_t>(5 + rng.NextBelow(20));
    for (int32_t t = 0; t < length; ++t) document.tokens.push_back((start + t) % kVocab);
    tokens.Append(document);
  }
  return SegmentSet("counting", std::move(tokens), 16, 1.0);
}

// Everything one run needs. A run of the same options is the same run.
struct SmallRun {
  explicit SmallRun(const std::filesystem::path& folder, const ParametrizationOptions& options = {}) {
    Progress::SetEnabled(false);
    recipe.path = "recipe.yaml";
    recipe.output = folder;
    recipe.log = recipe.run_folder() / "log.jsonl";
    recipe.sequence_length = 16;
    recipe.batch_tokens = 128;
    recipe.micro_batch_tokens = 48;
    recipe.optimizer.lr = 0.05;
    recipe.optimizer.warmup_steps = 2;
    recipe.optimizer.options.muon_momentum = 0.9;  // and AdamW for embedding and head
    recipe.validate_every = 5;
    const Architecture architecture = SmallArchitecture(kVocab);
    parametrization.emplace(model.layout(), InitialWeights(architecture, model.layout(), 0.02, 3), options,
                            "recipe.yaml");
    data.push_back(Counting(1));
    data.push_back(Counting(2, 7));
    validation.push_back(Counting(3));
    objective.emplace(data, std::vector<double>{3.0, 1.0}, uint64_t{5}, recipe.batch_tokens, recipe.micro_batch_tokens);
  }

  Trainer MakeTrainer() {
    return Trainer(recipe, {.model = model,
                            .objective = *objective,
                            .parametrization = *parametrization,
                            .validation = validation,
                            .identity = {"recipe", {{"corpus.txt", corpus_hash}}},
                            .steps = kSteps});
  }
  std::vector<float> Train(const RunOptions& options = {}) {
    Trainer trainer = MakeTrainer();
    summary = trainer.Run(options);
    return {trainer.values().begin(), trainer.values().end()};
  }
  std::string Log() const { return ReadFile(recipe.log); }

  Recipe recipe;
  BigramModel model{SmallArchitecture(kVocab)};
  std::optional<Parametrization> parametrization;
  std::vector<SegmentSet> data, validation;
  std::optional<LanguageObjective> objective;
  std::string corpus_hash = "1";
  TrainingSummary summary;
};

std::vector<Json> Lines(const std::string& log) {
  std::vector<Json> lines;
  for (std::string_view rest = log; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    lines.push_back(ParseJson(rest.substr(0, rest.find('\n')), "log"));
  }
  return lines;
}

TEST(TrainerTest, LearnsAndLogs) {
  const TemporaryFolder folder;
  SmallRun run(folder.path());
  run.Train();
  EXPECT_EQ(run.summary.step, kSteps);
  EXPECT_FALSE(run.summary.resumed);
  const std::vector<Json> lines = Lines(run.Log());
  ASSERT_EQ(lines.size(), 12u + 3u);  // validation after steps 5, 10 and 12
  // An untrained model knows nothing: the loss begins at ln 32 plus the pull on the other tensors.
  const double first = lines.front()["loss"], last = lines[13]["loss"];
  EXPECT_GT(first, std::log(kVocab));
  EXPECT_LT(last, first - 1.0);
  EXPECT_EQ(lines.front()["step"], 1);
  EXPECT_NEAR(lines.front()["lr"].get<double>(), 0.025, 1e-12);
  EXPECT_GT(lines.front()["grad_norm"].get<double>(), 0.0);
  EXPECT_EQ(lines[13]["tokens"], run.summary.tokens);
  EXPECT_LE(run.summary.tokens, kSteps * 128);
  EXPECT_GT(run.summary.tokens, kSteps * (128 - 16));
  EXPECT_EQ(lines.back()["validation"]["counting"], run.summary.validation.at("counting"));
  EXPECT_LT(run.summary.validation.at("counting"), first - 1.0);
}

// Stopped after any step and started again, a run ends with the same bits, moments and log included.
TEST(TrainerTest, ResumesBitByBitAfterEveryStep) {
  const TemporaryFolder whole_folder;
  SmallRun whole(whole_folder.path());
  const std::vector<float> expected = whole.Train();
  for (int64_t stop = 1; stop < kSteps; ++stop) {
    SCOPED_TRACE(stop);
    const TemporaryFolder folder;
    SmallRun(folder.path()).Train({.stop_after = stop});
    SmallRun second(folder.path());
    EXPECT_EQ(second.Train(), expected);
    EXPECT_TRUE(second.summary.resumed);
    EXPECT_EQ(second.summary.tokens, whole.summary.tokens);
    EXPECT_EQ(second.summary.validation, whole.summary.validation);
    // The moments are the same too: the checkpoints differ only in the time taken.
    const auto a = SafetensorsSource::OpenFile(whole.recipe.checkpoint());
    const auto b = SafetensorsSource::OpenFile(second.recipe.checkpoint());
    for (const TensorEntry& entry : a->entries()) {
      const Tensor x = a->Load(entry.name), y = b->Load(entry.name);
      ASSERT_TRUE(std::ranges::equal(x.bytes, y.bytes)) << entry.name;
    }
    // Every step and every validation is logged once; where the first part stopped, it validated too.
    std::vector<int64_t> steps, validations;
    for (const Json& line : Lines(second.Log())) {
      (line.contains("loss") ? steps : validations).push_back(line["step"].get<int64_t>());
    }
    std::vector<int64_t> every_step(kSteps);
    std::iota(every_step.begin(), every_step.end(), 1);
    EXPECT_EQ(steps, every_step);
    std::set<int64_t> due = {5, 10, kSteps, stop};
    EXPECT_EQ(validations, std::vector<int64_t>(due.begin(), due.end()));
  }
}

TEST(TrainerTest, ValidatesWhereItWasKilledInItsValidation) {
  const TemporaryFolder folder;
  SmallRun first(folder.path());
  first.Train({.stop_after = 5});
  const std::string whole = first.Log(), steps_alone = whole.substr(0, whole.find("{\"step\":5,\"validation\""));
  ASSERT_LT(steps_alone.size(), whole.size());
  WriteFileAtomically(first.recipe.log, steps_alone);
  SmallRun second(folder.path());
  second.Train({.stop_after = 6});
  EXPECT_TRUE(second.Log().starts_with(whole));
}

TEST(TrainerTest, TheNumberOfThreadsChangesNothing) {
  const TemporaryFolder one, three;
  SetGemmThreads(1);
  const std::vector<float> expected = SmallRun(one.path()).Train();
  SetGemmThreads(3);
  EXPECT_EQ(SmallRun(three.path()).Train(), expected);
  SetGemmThreads(0);
}

TEST(TrainerTest, AFinishedRunStaysAsItIs) {
  const TemporaryFolder folder;
  const std::vector<float> values = SmallRun(folder.path()).Train();
  SmallRun again(folder.path());
  const std::string log = again.Log();
  EXPECT_EQ(again.Train(), values);
  EXPECT_EQ(again.model.backward_calls, 0);
  EXPECT_EQ(again.Log(), log);
  SmallRun fresh(folder.path());
  EXPECT_EQ(fresh.Train({.fresh = true}), values);
  EXPECT_GT(fresh.model.backward_calls, 0);
}

TEST(TrainerTest, AChangedCorpusOrRecipeIsAnError) {
  const TemporaryFolder folder;
  SmallRun(folder.path()).Train({.stop_after = 3});
  SmallRun changed(folder.path());
  changed.corpus_hash = "2";
  EXPECT_BANTAM_ERROR(changed.Train(), ErrorCode::kUsage, AllOf(HasSubstr("corpus.txt changed"), HasSubstr("--fresh")));
  Trainer other(changed.recipe, {.model = changed.model,
                                 .objective = *changed.objective,
                                 .parametrization = *changed.parametrization,
                                 .validation = {},
                                 .identity = {"another", {}},
                                 .steps = kSteps});
  EXPECT_BANTAM_ERROR(other.Run({}), ErrorCode::kUsage, HasSubstr("another recipe"));
}

TEST(TrainerTest, StopsAtNanAndKeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  SmallRun run(folder.path());
  run.recipe.checkpoint_every = 2;
  run.model.nan_at_call = 10;  // three or four micro-batches a step
  EXPECT_BANTAM_ERROR(run.Train(), ErrorCode::kNumeric, AllOf(HasSubstr("step "), HasSubstr("blk.1.ffn_up.weight")));
  const TemporaryFolder whole;
  EXPECT_EQ(SmallRun(folder.path()).Train(), SmallRun(whole.path()).Train());
}

TEST(TrainerTest, AFullDiskKeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder, whole;
  SmallRun(folder.path()).Train({.stop_after = 4});
  const std::string checkpoint = ReadFile(SmallRun(folder.path()).recipe.checkpoint());
  {
    const bantam::testing::FullDisk full(20000);  // the log fits, a checkpoint does not
    SmallRun run(folder.path());
    run.recipe.checkpoint_every = 2;
    EXPECT_BANTAM_ERROR(run.Train(), ErrorCode::kIo, HasSubstr("checkpoint.safetensors"));
  }
  EXPECT_EQ(ReadFile(SmallRun(folder.path()).recipe.checkpoint()), checkpoint);
  EXPECT_EQ(SmallRun(folder.path()).Train(), SmallRun(whole.path()).Train());
}

TEST(TrainerTest, ABrokenCheckpointIsAnError) {
  const TemporaryFolder folder;
  SmallRun run(folder.path());
  run.Train({.stop_after = 1});
  const std::string whole = ReadFile(run.recipe.checkpoint());
  WriteFileAtomically(run.recipe.checkpoint(), whole.substr(0, whole.size() / 2));
  EXPECT_BANTAM_ERROR(SmallRun(folder.path()).Train(), ErrorCode::kFormat, HasSubstr("checkpoint.safetensors"));
}

// Ctrl-C arrives in the middle of a step; the run goes on from the step before.
class CancellingModel : public BigramModel {
 public:
  using BigramModel::BigramModel;
  TrainingLoss Backward(std::span<const float> parameters, const TrainingBatch& batch, double scale, double auxiliary,
                        std::span<float> gradients) override {
    if (backward_calls == 7) RequestCancel();
    return BigramModel::Backward(parameters, batch, scale, auxiliary, gradients);
  }
};

TEST(TrainerTest, CtrlCLeavesACheckpoint) {
  const TemporaryFolder folder, whole;
  SmallRun run(folder.path());
  CancellingModel model(SmallArchitecture(kVocab));
  Trainer trainer(run.recipe, {.model = model,
                               .objective = *run.objective,
                               .parametrization = *run.parametrization,
                               .validation = {},
                               .identity = {"recipe", {{"corpus.txt", "1"}}},
                               .steps = kSteps});
  EXPECT_BANTAM_ERROR(trainer.Run({}), ErrorCode::kCancelled, HasSubstr("of 12"));
  ClearCancel();
  EXPECT_EQ(SmallRun(folder.path()).Train(), SmallRun(whole.path()).Train());
}

}  // namespace
}  // namespace bantam
