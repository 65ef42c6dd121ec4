#include "train/recipe.h"

#include "base/file.h"
#include "base/yaml.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSmall[] = R"(
schema: bantam.recipe/1
name: small
model: {from: base}
output: out
data: [{text: corpus.txt}]
sequence_length: 128
batch_tokens: 1024
steps: 10
optimizer: {lr: 0.001}
)";

Recipe Parse(const std::string& text) { return ParseRecipe(ParseYaml(text, "r.yaml"), "folder/r.yaml"); }

TEST(RecipeTest, DefaultsAndPaths) {
  const Recipe recipe = Parse(kSmall);
  EXPECT_EQ(recipe.model.from, "folder/base");
  EXPECT_EQ(recipe.output, "folder/out");
  EXPECT_EQ(recipe.log, "folder/out/run/log.jsonl");
  EXPECT_EQ(recipe.checkpoint(), "folder/out/run/checkpoint.safetensors");
  ASSERT_EQ(recipe.data.size(), 1u);
  EXPECT_THAT(recipe.data[0].files, ElementsAre("folder/corpus.txt"));
  EXPECT_EQ(recipe.micro_batch_tokens, 1024);
  EXPECT_EQ(recipe.steps, 10);
  EXPECT_EQ(recipe.optimizer.min_lr, 0.1);
  EXPECT_EQ(recipe.prompt_loss_weight, 1.0);
  EXPECT_FALSE(recipe.bf16);
  EXPECT_FALSE(recipe.lora || recipe.qat || recipe.dpo);
  EXPECT_EQ(recipe.checkpoint_every, 500);
}

TEST(RecipeTest, EveryKey) {
  const Recipe recipe = Parse(R"(
schema: bantam.recipe/1
name: full
seed: 7
model: {config: config.json, tokenizer: /abs/tok, init_std: 0.01}
output: ../out
log: log.jsonl
freeze: [output_norm.weight]
data:
  - {text: [a.txt, b.txt], weight: 3}
  - {chat: c.jsonl, weight: 1}
validation:
  - {name: v, chat: v.jsonl}
sequence_length: 512
batch_tokens: 8192
micro_batch_tokens: 4096
tokens: 100000000
optimizer: {type: muon, momentum: 0.9, lr: 1e-3, min_lr: 0.05, warmup_steps: 9, schedule: linear, beta1: 0.8, beta2: 0.99, eps: 1e-6,
            weight_decay: 0.2, clip: 0.5, decay_embeddings: true}
prompt_loss_weight: 0.05
precision: bf16
recompute: true
threads: 2
qat: {format: int4-g32, targets: ["blk.*"]}
router: {z_loss: 1e-4, balance_loss: 0.01, bias_step: 1e-3}
validate_every: 100
checkpoint_every: 50
)");
  EXPECT_EQ(recipe.seed, 7u);
  EXPECT_EQ(recipe.model.tokenizer, "/abs/tok");
  EXPECT_EQ(recipe.model.init_std, 0.01);
  EXPECT_EQ(recipe.output, "out");
  EXPECT_EQ(recipe.log, "folder/log.jsonl");
  EXPECT_THAT(recipe.data[0].files, ElementsAre("folder/a.txt", "folder/b.txt"));
  EXPECT_EQ(recipe.data[1].kind, DataSource::Kind::kChat);
  EXPECT_EQ(recipe.data[1].weight, 1.0);
  EXPECT_EQ(recipe.validation[0].name, "v");
  EXPECT_EQ(recipe.tokens, 100000000);
  EXPECT_EQ(recipe.optimizer.schedule, ScheduleKind::kLinear);
  EXPECT_EQ(recipe.optimizer.options.adamw.beta2, 0.99);
  EXPECT_EQ(recipe.optimizer.options.muon_momentum, 0.9);
  EXPECT_TRUE(recipe.optimizer.decay_embeddings);
  EXPECT_TRUE(recipe.bf16 && recipe.recompute);
  EXPECT_EQ(recipe.router.bias_step, 1e-3);
  EXPECT_THAT(recipe.qat->targets, ElementsAre("blk.*"));
}

TEST(RecipeTest, LoraAndDpo) {
  const std::string base = R"(
schema: bantam.recipe/1
name: patch
model: {from: base}
output: out
sequence_length: 128
batch_tokens: 1024
optimizer: {lr: 0.001}
)";
  const Recipe recipe =
      Parse(base + "epochs: 2\nlora: {rank: 256, alpha: 128, targets: [x]}\ndpo: {pairs: p.jsonl, beta: 0.2}\n");
  EXPECT_EQ(recipe.lora->rank, 256);
  EXPECT_EQ(recipe.lora->alpha, 128.0);
  EXPECT_EQ(recipe.dpo->pairs, "folder/p.jsonl");
  EXPECT_EQ(recipe.dpo->beta, 0.2);
  EXPECT_EQ(recipe.epochs, 2.0);
}

// What decides the result is part of a run's identity; what does not may change between two parts of a run.
TEST(RecipeTest, Identity) {
  const auto deciding = [](const std::string& text) { return Parse(text).deciding; };
  const std::string small = kSmall;
  EXPECT_EQ(deciding(small + "threads: 2\nvalidate_every: 5\ncheckpoint_every: 9\nrecompute: true\nlog: x\n"),
            deciding(small));
  EXPECT_NE(deciding(small + "seed: 2\n"), deciding(small));
  EXPECT_NE(deciding(small + "freeze: [output_norm.weight]\n"), deciding(small));
}

std::string Replaced(std::string from, const std::string& to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(RecipeTest, BadInput) {
  const struct {
    std::string text;
    const char* where;
    const char* says;
  } cases[] = {
      {Replaced("recipe/1", "recipe/9"), "schema", "bantam.recipe/1"},
      {Replaced("name: small\n", ""), "r.yaml", "name"},
      {Replaced("lr: 0.001", "lr: 0.001, wormup_steps: 3"), "optimizer.wormup_steps", "warmup_steps"},
      {Replaced("steps: 10", "steps: 10\nstepps: 3"), "stepps", "unknown key"},
      {Replaced("text: corpus.txt", "text: corpus.txt, wieght: 2"), "data.0.wieght", "weight"},
      {Replaced("lr: 0.001", "lr: 0"), "optimizer.lr", "no learning rate"},
      {Replaced("lr: 0.001", "lr: fast"), "lr", "number"},
      {Replaced("lr: 0.001", "lr: 0.001, schedule: stairs"), "optimizer.schedule", "cosine"},
      {Replaced("lr: 0.001", "lr: 0.001, type: sgd"), "optimizer.type", "muon"},
      {Replaced("lr: 0.001", "lr: 0.001, momentum: 0.9"), "optimizer.momentum", ""},
      {Replaced("lr: 0.001", "lr: 0.001, min_lr: 2"), "optimizer.min_lr", "between 0 and 1"},
      {Replaced("lr: 0.001", "lr: 0.001, beta2: 1"), "optimizer.beta2", "between"},
      {Replaced("steps: 10", "steps: 0"), "steps", "between 1"},
      {Replaced("steps: 10", ""), "steps", "how long"},
      {Replaced("steps: 10", "steps: 10\ntokens: 5"), "steps", "twice"},
      {Replaced("text: corpus.txt", "text: corpus.txt, epochs: 2"), "steps", "twice"},
      {Replaced("text: corpus.txt", "text: corpus.txt, epochs: 2, weight: 2"), "data.0.epochs", "beside weight"},
      {Replaced("{text: corpus.txt}", "{text: a, weight: 1}, {text: b}"), "data", "some sets"},
      {Replaced("text: corpus.txt", "text: a, chat: b"), "data.0", "either text or chat"},
      {Replaced("text: corpus.txt", "weight: 1"), "data.0", "either text or chat"},
      {Replaced("text: corpus.txt", "text: []"), "data.0.text", "no file"},
      {Replaced("text: corpus.txt", "text: 5"), "data.0.text", "list"},
      {Replaced("text: corpus.txt", "text: a, weight: -1"), "data.0.weight", "positive"},
      {Replaced("data: [{text: corpus.txt}]\n", ""), "data", "names no data set"},
      {Replaced("batch_tokens: 1024", "batch_tokens: 64"), "sequence_length", "micro-batch"},
      {Replaced("batch_tokens: 1024", "batch_tokens: 1024\nmicro_batch_tokens: 2048"), "micro_batch_tokens",
       "more than batch_tokens"},
      {Replaced("from: base", "from: base, config: c.json"), "model.config", "beside from"},
      {Replaced("from: base", "config: c.json"), "model", "tokenizer"},
      {Replaced("steps: 10", "steps: 10\nprecision: fp8"), "precision", "bf16"},
      {Replaced("steps: 10", "steps: 10\nprompt_loss_weight: 1.5"), "prompt_loss_weight", "between 0 and 1"},
      {Replaced("steps: 10", "steps: 10\nlora: {rank: 8, targets: []}"), "lora.targets", "no tensor"},
      {Replaced("steps: 10", "steps: 10\nlora: {rank: 0, targets: [x]}"), "lora.rank", "between 1"},
      {Replaced("steps: 10", "steps: 10\nfreeze: [x]\nlora: {rank: 8, targets: [x]}"), "freeze", "LoRA"},
      {Replaced("steps: 10", "steps: 10\nlora: {rank: 8, targets: [x]}\nrouter: {bias_step: 1}"), "router",
       "bias_step"},
      {Replaced("steps: 10", "steps: 10\nqat: {format: int3, targets: [x]}"), "qat.format", "int4-g32"},
      {Replaced("steps: 10", "steps: 10\ndpo: {pairs: p.jsonl}"), "data", "beside dpo"},
      {Replaced("steps: 10", "steps: 10\nvalidation: [{name: a, text: x}, {name: a, text: y}]"), "validation.1.name",
       "twice"},
      {Replaced("steps: 10", "steps: 10\nvalidation: [{text: x}]"), "validation.0", "name"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    try {
      Parse(c.text);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kFormat);
      EXPECT_THAT(std::string(error.what()), AllOf(HasSubstr(c.where), HasSubstr(c.says)));
    }
  }
}

TEST(RecipeTest, ReadsAFile) {
  const TemporaryFolder folder;
  WriteFileAtomically(folder / "r.yaml", kSmall);
  EXPECT_EQ(ReadRecipe(folder / "r.yaml").model.from, folder / "base");
  EXPECT_BANTAM_ERROR(ReadRecipe(folder / "missing.yaml"), ErrorCode::kIo, HasSubstr("missing.yaml"));
}

}  // namespace
}  // namespace bantam
