// The recipe of a training run, bantam.recipe/1 in YAML; docs/training.md explains every key. Paths are relative to the recipe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "train/optimizer.h"
#include "train/parametrization.h"
#include "train/schedule.h"

namespace bantam {

// Where the model comes from: `from` (a Hugging Face folder to continue), or `config` and `tokenizer` for a new one.
struct ModelSource {
  std::filesystem::path from, config, tokenizer;
  double init_std = 0.02;
};

struct DataSource {
  enum class Kind { kText, kChat };
  Kind kind = Kind::kText;
  std::vector<std::filesystem::path> files;
  std::string name;              // of a validation set; else the first file's
  std::optional<double> weight;  // share of the tokens drawn, of any scale
  std::optional<double> epochs;  // passes over the set
};

struct OptimizerRecipe {
  OptimizerOptions options;
  ScheduleKind schedule = ScheduleKind::kCosine;
  double lr = 0.0, min_lr = 0.1;
  int64_t warmup_steps = 0;
  double clip = 1.0;  // of the gradient's norm; 0: none
  bool decay_embeddings = false;
};

struct DpoRecipe {
  std::filesystem::path pairs;
  double beta = 0.1;
};

struct RouterRecipe {
  double z_loss = 0.0, balance_loss = 0.0, bias_step = 0.0;
};

struct Recipe {
  std::filesystem::path path;  // of the recipe itself
  std::string name;
  uint64_t seed = 0;
  ModelSource model;
  std::filesystem::path output, log;
  std::vector<std::string> freeze;
  std::vector<DataSource> data, validation;
  int64_t sequence_length = 0, batch_tokens = 0, micro_batch_tokens = 0;
  std::optional<int64_t> steps, tokens;  // at most one of these and `epochs`
  std::optional<double> epochs;
  OptimizerRecipe optimizer;
  double prompt_loss_weight = 1.0;
  bool bf16 = false, recompute = false;
  int threads = 0;  // 0: not said
  std::optional<LoraOptions> lora;
  std::optional<QatOptions> qat;
  std::optional<DpoRecipe> dpo;
  RouterRecipe router;
  int64_t validate_every = 0, checkpoint_every = 0;
  Json deciding;  // the keys that decide the result, for the identity of a run

  std::filesystem::path run_folder() const { return output / "run"; }
  std::filesystem::path checkpoint() const { return run_folder() / "checkpoint.safetensors"; }
};

// kFormat or kUsage naming file and key for what is missing, unknown, of a wrong type or impossible.
Recipe ReadRecipe(const std::filesystem::path& path);
Recipe ParseRecipe(const Json& json, const std::filesystem::path& path);

}  // namespace bantam
