// Whole runs of real, if tiny, transformers: new, continued, with experts, LoRA, QAT and preferences.
#include "train/training_job.h"

#include <malloc.h>

#include <cmath>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/yaml.h"
#include "math/gemm.h"
#include "model/model.h"
#include "tensor/codec.h"
#include "testing/random_model.h"
#include "testing/testing.h"
#include "train/fake_quant.h"

namespace bantam {
namespace {

using bantam::testing::TemporaryFolder;
using bantam::testing::WriteRandomHfFolder;
using ::testing::HasSubstr;

// Bytes that malloc has given out and not got back. Sanitizers bring a malloc of their own, which this does not see.
int64_t HeapInUse() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

class TrainingJobTest : public ::testing::Test {
 protected:
  TrainingJobTest() {
    Progress::SetEnabled(false);
    std::string text, chat, pairs;
    for (int i = 0; i < 60; ++i) {
      text += "the eels of the river " + std::string(i % 7, 'e') + " are late\n<|endoftext|>\n";
      chat += R"({"messages": [{"role": "user", "content": "an eel"}, {"role": "assistant", "content": "late"}]})"
              "\n";
      pairs += R"({"prompt": [{"role": "user", "content": "an eel"}], "chosen": "in the river", "rejected": "no"})"
               "\n";
    }
    WriteFileAtomically(folder_ / "text.txt", text);
    WriteFileAtomically(folder_ / "chat.jsonl", chat);
    WriteFileAtomically(folder_ / "pairs.jsonl", pairs);
  }

  void WriteModel(const std::string& family) { WriteRandomHfFolder(folder_ / "base", {.name = family}); }

  static constexpr const char* kText = "data: [{text: text.txt}]\n";

  std::string Text(const std::string& model, const std::string& more) const {
    return "schema: bantam.recipe/1\nname: test\nmodel: " + model +
           "\noutput: out\nsequence_length: 64\nbatch_tokens: 512\nmicro_batch_tokens: 256\n" + more;
  }
  TrainingJob Job(const std::string& model, const std::string& more) const {
    return TrainingJob(ParseRecipe(ParseYaml(Text(model, more), "recipe.yaml"), folder_ / "recipe.yaml"));
  }
  std::vector<Json> Log() const {
    std::vector<Json> lines;
    const std::string log = ReadFile(folder_ / "out" / "run" / "log.jsonl");
    for (std::string_view rest = log; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      lines.push_back(ParseJson(rest.substr(0, rest.find('\n')), "log"));
    }
    return lines;
  }
  std::vector<float> Trained(const std::string& tensor) const {
    return Model::Open(folder_ / "out")->LoadFloats(tensor);
  }
  std::vector<float> Base(const std::string& tensor) const { return Model::Open(folder_ / "base")->LoadFloats(tensor); }

  TemporaryFolder folder_;
};

TEST_F(TrainingJobTest, ANewModelLearnsAndIsWrittenAsAFolder) {
  WriteModel("llama:tied");
  const std::string more = std::string(kText) +
                           "validation: [{name: chat, chat: chat.jsonl}, {name: text, text: text.txt}]\nepochs: 4\n"
                           "freeze: [output_norm.weight]\noptimizer: {lr: 0.01, warmup_steps: 2}\n";
  TrainingJob job = Job("{config: base/config.json, tokenizer: base}", more);
  const TrainingPlan plan = job.Plan();
  EXPECT_EQ(plan.parameters - plan.trainable, 96);  // the frozen norm
  ASSERT_EQ(plan.data.size(), 1u);
  EXPECT_EQ(plan.data[0].documents, 60);
  // No more of a batch stays empty than a document would fill.
  EXPECT_GE(plan.steps, (4 * plan.data[0].tokens + 511) / 512);
  EXPECT_LE(plan.steps, (4 * plan.data[0].tokens + 447) / 448);
  EXPECT_GE(plan.data[0].epochs, 4.0);
  EXPECT_LE(plan.data[0].epochs, 4.0 + 512.0 / static_cast<double>(plan.data[0].tokens));
  EXPECT_GT(plan.tokens_per_second, 0.0);
  EXPECT_GT(plan.seconds, 0.0);

  const TrainingSummary summary = job.Run({});
  EXPECT_EQ(summary.step, plan.steps);
  const std::vector<Json> log = Log();
  EXPECT_NEAR(log.front()["loss"].get<double>(), std::log(512.0), 0.3);
  EXPECT_LT(summary.validation.at("text"), 3.0);
  EXPECT_GT(summary.validation.at("text"), 0.1);
  for (const float gain : Trained("output_norm.weight")) EXPECT_EQ(gain, 1.0f);
  const auto model = Model::Open(folder_ / "out");
  EXPECT_EQ(Name(model->dtype("blk.0.attn_q.weight")), "BF16");
  EXPECT_EQ(model->hf()->config["torch_dtype"], "bfloat16");
  EXPECT_TRUE(model->hf()->tokenizer && model->hf()->chat_template && model->hf()->generation_config);

  // The written model is the trained one, up to its rounding to BF16: 2^-9 of each weight.
  const std::string no_step =
      "data: [{text: text.txt}]\nvalidation: [{name: text, text: text.txt}]\nsteps: 1\n"
      "optimizer: {lr: 1e-12}\nlog: other.jsonl\n";
  std::filesystem::rename(folder_ / "out", folder_ / "trained");
  EXPECT_NEAR(Job("{from: trained}", no_step).Run({}).validation.at("text"), summary.validation.at("text"), 0.02);
}

// A plan's measurement leaves behind all that a run holds, but for the gradients of the weights and, of the values, themselves,
// their gradients and two moments. The estimate leaves out tokenizer, code of products and padding, which are a few megabytes
// beside some sixty, and counts the head's last gradient, which is gone by then.
TEST_F(TrainingJobTest, MemoryIsWhatARunHolds) {
  const struct {
    const char *model, *more;
  } cases[] = {
      {"llama", ""},
      {"llama", "recompute: true\n"},
      {"llama", "precision: bf16\n"},
      {"gemma2", ""},
      {"gpt2", ""},
      {"qwen2moe", ""},
      {"dots1", ""},
      {"dots1", "recompute: true\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.model) + " " + c.more);
    if (std::string_view(c.more).find("bf16") != std::string_view::npos && !GemmBf16Supported()) continue;
    WriteModel(c.model);
    std::string text = Text("{from: base}", std::string(kText) + "steps: 1\noptimizer: {lr: 0.001}\n" + c.more);
    const std::string sizes = "batch_tokens: 512\nmicro_batch_tokens: 256\n";
    text.replace(text.find(sizes), sizes.size(), "batch_tokens: 4096\n");
    const int64_t before = HeapInUse();
    TrainingJob job(ParseRecipe(ParseYaml(text, "recipe.yaml"), folder_ / "recipe.yaml"));
    const TrainingPlan plan = job.Plan();
    const int64_t held = HeapInUse() - before;
    if (held < 4 * plan.parameters) GTEST_SKIP() << "the heap is not glibc's";
    const auto expected = static_cast<int64_t>(plan.memory_bytes) - 4 * (plan.parameters + 4 * plan.trainable);
    EXPECT_GT(expected, 20'000'000);
    EXPECT_NEAR(static_cast<double>(held) / static_cast<double>(expected), 1.0, 0.15);
  }
}

// The same document again and again: what the optimizer and the gradients together can do when nothing is in their way.
TEST_F(TrainingJobTest, OverfitsOneBatch) {
  WriteModel("llama:tied");
  Rng rng(5);
  std::string batch;
  for (int i = 0; i < 60; ++i) batch += static_cast<char>('a' + rng.NextBelow(26));
  WriteFileAtomically(folder_ / "batch.txt", batch);
  Job("{config: base/config.json, tokenizer: base}",
      "data: [{text: batch.txt}]\nsteps: 200\noptimizer: {lr: 0.01, warmup_steps: 10, weight_decay: 0}\n")
      .Run({});
  EXPECT_GT(Log().front()["loss"].get<double>(), 3.0);
  EXPECT_LT(Log().back()["loss"].get<double>(), 0.01);
}

TEST_F(TrainingJobTest, OneRunAndAnInterruptedOneWriteTheSameModel) {
  WriteModel("qwen3");
  const std::string more = std::string(kText) + "steps: 5\noptimizer: {lr: 0.001}\n";
  Job("{from: base}", more).Run({});
  const std::string whole = ReadFile(folder_ / "out" / "model.safetensors");
  Job("{from: base}", more).Run({.fresh = true, .stop_after = 2});
  EXPECT_NE(ReadFile(folder_ / "out" / "model.safetensors"), whole);
  Job("{from: base}", "recompute: true\ncheckpoint_every: 1\n" + more).Run({});
  EXPECT_EQ(ReadFile(folder_ / "out" / "model.safetensors"), whole);
  WriteFileAtomically(folder_ / "text.txt", "another text");
  EXPECT_BANTAM_ERROR(Job("{from: base}", more).Run({}), ErrorCode::kUsage, HasSubstr("text.txt changed"));
}

TEST_F(TrainingJobTest, ExpertsAreBalancedByTheirBias) {
  WriteModel("dots1");
  Job("{from: base}",
      std::string(kText) + "steps: 3\noptimizer: {lr: 0.001}\nrouter: {bias_step: 0.25, z_loss: 1e-4}\n")
      .Run({});
  const std::vector<float> before = Base("blk.1.exp_probs_b.bias"), after = Trained("blk.1.exp_probs_b.bias");
  std::set<double> moves;
  for (size_t i = 0; i < before.size(); ++i) {
    const double steps = (after[i] - before[i]) / 0.25;
    EXPECT_NEAR(steps, std::round(steps), 1e-4);
    EXPECT_LE(std::abs(steps), 3.001);
    moves.insert(std::round(steps));
  }
  EXPECT_GT(moves.size(), 1u);
  EXPECT_GT(Log().front()["router_z"].get<double>(), 0.0);
}

TEST_F(TrainingJobTest, LoraChangesItsTargetsOnly) {
  WriteModel("llama");
  Job("{from: base}", std::string(kText) +
                          "steps: 4\noptimizer: {lr: 0.01}\n"
                          "lora: {rank: 4, alpha: 8, targets: ['blk\\.\\d+\\.attn_(q|v)\\.weight']}\n")
      .Run({});
  const auto rounded = [](std::vector<float> values) {
    for (float& value : values) value = BFloat16ToFloat(FloatToBFloat16(value));
    return values;
  };
  EXPECT_NE(Trained("blk.1.attn_q.weight"), rounded(Base("blk.1.attn_q.weight")));
  EXPECT_EQ(Trained("blk.1.attn_k.weight"), rounded(Base("blk.1.attn_k.weight")));
  EXPECT_EQ(Trained("token_embd.weight"), rounded(Base("token_embd.weight")));
  EXPECT_LT(Log().back()["loss"].get<double>(), Log().front()["loss"].get<double>());
}

TEST_F(TrainingJobTest, QatKeepsWhatIsRoundedInFullPrecision) {
  WriteModel("llama");
  Job("{from: base}",
      std::string(kText) + "steps: 4\noptimizer: {lr: 0.001}\nqat: {targets: ['blk\\.\\d+\\.ffn_.*weight']}\n")
      .Run({});
  const auto model = Model::Open(folder_ / "out");
  EXPECT_EQ(Name(model->dtype("blk.0.ffn_up.weight")), "F32");
  EXPECT_EQ(Name(model->dtype("blk.0.attn_q.weight")), "BF16");
  const std::vector<float> master = Trained("blk.0.ffn_up.weight");
  std::vector<float> quantized = master;
  FakeQuantInt4(quantized);
  EXPECT_NE(master, quantized);
  EXPECT_LT(Log().back()["loss"].get<double>(), Log().front()["loss"].get<double>());
}

TEST_F(TrainingJobTest, PreferencesBeginAtLn2) {
  WriteModel("llama");
  const std::string more =
      "dpo: {pairs: pairs.jsonl, beta: 0.1}\nsteps: 6\noptimizer: {lr: 0.001, schedule: constant}\n";
  const TrainingPlan plan = Job("{from: base}", more).Plan();
  EXPECT_EQ(plan.data[0].documents, 120);
  Job("{from: base}", more).Run({});
  const std::vector<Json> log = Log();
  // The reference saw other batches, whose products round differently: 1e-6 of logits of some units over a few tokens.
  EXPECT_NEAR(log.front()["loss"].get<double>(), std::log(2.0), 1e-4);
  EXPECT_LT(log.back()["loss"].get<double>(), 0.6);
  EXPECT_EQ(log.back()["reward_accuracy"], 1.0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "run" / "reference.safetensors"));
}

TEST_F(TrainingJobTest, ImpossibleRuns) {
  WriteModel("llama");
  const std::string rest = "steps: 1\noptimizer: {lr: 0.001}\n";
  EXPECT_BANTAM_ERROR(Job("{from: missing}", kText + rest), ErrorCode::kIo, HasSubstr("missing"));
  EXPECT_BANTAM_ERROR(Job("{config: missing.json, tokenizer: base}", kText + rest), ErrorCode::kIo,
                      HasSubstr("missing.json"));
  EXPECT_BANTAM_ERROR(Job("{config: base/config.json, tokenizer: none}", kText + rest), ErrorCode::kIo,
                      HasSubstr("none"));
  EXPECT_BANTAM_ERROR(Job("{from: base}", "data: [{text: none.txt}]\n" + rest), ErrorCode::kIo, HasSubstr("none.txt"));
  EXPECT_BANTAM_ERROR(Job("{from: base}", kText + rest + "freeze: [nothing]\n"), ErrorCode::kUsage,
                      HasSubstr("'nothing' matches no tensor"));
  const std::string text = Text("{from: base}", kText + rest);
  std::string long_sequences = text;
  long_sequences.replace(long_sequences.find("sequence_length: 64"), 19, "sequence_length: 257");
  long_sequences.replace(long_sequences.find("micro_batch_tokens: 256\n"), 24, "");
  EXPECT_BANTAM_ERROR(TrainingJob(ParseRecipe(ParseYaml(long_sequences, "recipe.yaml"), folder_ / "recipe.yaml")),
                      ErrorCode::kUsage, HasSubstr("context of 256"));
}

TEST_F(TrainingJobTest, OptionsWithNothingToWorkOnAreErrors) {
  WriteModel("llama");
  const std::string rest = std::string(kText) + "steps: 1\n", sgd = "optimizer: {lr: 0.01}\n";
  EXPECT_BANTAM_ERROR(Job("{from: base}", rest + sgd + "router: {z_loss: 0.001}\n"), ErrorCode::kUsage,
                      HasSubstr("no experts"));
  EXPECT_BANTAM_ERROR(
      Job("{from: base}", rest + "optimizer: {lr: 0.01, type: muon}\nlora: {rank: 2, targets: ['.*attn_q.*']}\n"),
      ErrorCode::kUsage, HasSubstr("Muon"));
  WriteModel("dots1");
  EXPECT_BANTAM_ERROR(Job("{from: base}", rest + sgd + "router: {bias_step: 0.001}\nfreeze: ['.*exp_probs_b.bias']\n"),
                      ErrorCode::kUsage, HasSubstr("no selection bias"));
  std::filesystem::create_directory_symlink(folder_ / "base", folder_ / "out");
  EXPECT_BANTAM_ERROR(Job("{from: base}", rest + sgd), ErrorCode::kUsage, HasSubstr("another folder"));
}

}  // namespace
}  // namespace bantam
