#include "train/recipe.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/config.h"
#include "base/error.h"
#include "base/yaml.h"

namespace bantam {
namespace {

constexpr const char* kSchema = "bantam.recipe/1";
constexpr int64_t kDefaultCheckpointEvery = 500;
constexpr double kDefaultMomentum = 0.95;  // Muon's

// What may change between two runs of which the second goes on where the first stopped.
constexpr const char* kNotDeciding[] = {"name",           "output",           "log",      "threads", "validation",
                                        "validate_every", "checkpoint_every", "recompute"};

[[noreturn]] void Bad(const Config& config, std::string_view key, std::string what, std::string hint = {}) {
  Fail(ErrorCode::kUsage, std::move(what), config.Where(key), std::move(hint));
}

template <typename T>
T InRange(const Config& config, std::string_view key, T value, T least, T most) {
  if (!(value >= least && value <= most)) {
    Bad(config, key, fmt::format("{} is not between {} and {}", value, least, most));
  }
  return value;
}

int64_t Positive(const Config& config, std::string_view key) {
  return InRange<int64_t>(config, key, config.Get<int64_t>(key), 1, int64_t{1} << 48);
}

std::optional<int64_t> OptionalPositive(const Config& config, std::string_view key) {
  if (!config.Has(key)) return std::nullopt;
  return Positive(config, key);
}

std::optional<double> OptionalPositiveReal(const Config& config, std::string_view key) {
  if (!config.Has(key)) return std::nullopt;
  const auto value = config.Get<double>(key);
  if (!(value > 0.0 && value <= 1e12)) Bad(config, key, fmt::format("{} is no positive number", value));
  return value;
}

double Share(const Config& config, std::string_view key, double otherwise) {
  return InRange(config, key, config.Get<double>(key, otherwise), 0.0, 1.0);
}

double NotNegative(const Config& config, std::string_view key, double otherwise) {
  return InRange(config, key, config.Get<double>(key, otherwise), 0.0, 1e12);
}

template <typename T>
T OneOf(const Config& config, std::string_view key, const char* otherwise,
        const std::vector<std::pair<std::string_view, T>>& choices) {
  const std::string name = config.Get(key, otherwise);
  std::string known;
  for (const auto& [choice, value] : choices) {
    if (name == choice) return value;
    known += (known.empty() ? "" : ", ") + std::string(choice);
  }
  Bad(config, key, fmt::format("unknown value '{}'", name), "known: " + known);
}

class RecipeReader {
 public:
  RecipeReader(const Json& json, const std::filesystem::path& path) : root_(json, path.string()) {
    recipe_.path = path;
    folder_ = path.parent_path();
    recipe_.deciding = json;
    for (const char* key : kNotDeciding) recipe_.deciding.erase(key);
  }

  Recipe Read() {
    if (const auto schema = root_.Get<std::string>("schema"); schema != kSchema) {
      Bad(root_, "schema", fmt::format("is '{}'", schema), fmt::format("this version reads {}", kSchema));
    }
    recipe_.name = root_.Get<std::string>("name");
    recipe_.seed = static_cast<uint64_t>(InRange<int64_t>(root_, "seed", root_.Get("seed", 0), 0, INT64_MAX));
    ReadModel(root_.Child("model"));
    recipe_.output = Path(root_.Get<std::string>("output"));
    recipe_.log = root_.Has("log") ? Path(root_.Get<std::string>("log")) : recipe_.run_folder() / "log.jsonl";
    recipe_.freeze = root_.GetList<std::string>("freeze");
    for (const Config& set : root_.Children("data")) recipe_.data.push_back(ReadData(set, false));
    for (const Config& set : root_.Children("validation")) recipe_.validation.push_back(ReadData(set, true));
    ReadSizes();
    ReadOptimizer(root_.Child("optimizer"));
    ReadComputation();
    ReadMethods();
    recipe_.validate_every = InRange<int64_t>(root_, "validate_every", root_.Get("validate_every", 0), 0, INT64_MAX);
    recipe_.checkpoint_every = InRange<int64_t>(
        root_, "checkpoint_every", root_.Get<int64_t>("checkpoint_every", kDefaultCheckpointEvery), 0, INT64_MAX);
    root_.Finish();
    CheckLength();
    return std::move(recipe_);
  }

 private:
  std::filesystem::path Path(const std::string& text) const { return (folder_ / text).lexically_normal(); }

  void ReadModel(const Config& model) {
    ModelSource& source = recipe_.model;
    if (model.Has("from")) {
      source.from = Path(model.Get<std::string>("from"));
      if (model.Has("config")) Bad(model, "config", "stands beside from", "a model is either continued or new");
    } else {
      source.config = Path(model.Get<std::string>("config"));
      source.tokenizer = Path(model.Get<std::string>("tokenizer"));
      source.init_std = InRange(model, "init_std", model.Get("init_std", source.init_std), 1e-6, 10.0);
    }
  }

  std::vector<std::filesystem::path> Files(const Config& set, std::string_view key) const {
    std::vector<std::filesystem::path> files;
    if (set.Raw(key).is_string()) {
      files.push_back(Path(set.Get<std::string>(key)));
    } else {
      for (const std::string& file : set.GetList<std::string>(key)) files.push_back(Path(file));
    }
    if (files.empty()) Bad(set, key, "names no file");
    return files;
  }

  DataSource ReadData(const Config& set, bool validation) {
    DataSource source;
    if (set.Has("text") == set.Has("chat")) {
      Fail(ErrorCode::kUsage, "needs either text or chat", set.where(), "text: FILE, or chat: FILE.jsonl");
    }
    source.kind = set.Has("text") ? DataSource::Kind::kText : DataSource::Kind::kChat;
    source.files = Files(set, set.Has("text") ? "text" : "chat");
    if (validation) {
      source.name = set.Get<std::string>("name");
      const auto same = [&](const DataSource& other) { return other.name == source.name; };
      if (std::any_of(recipe_.validation.begin(), recipe_.validation.end(), same)) {
        Bad(set, "name", fmt::format("'{}' stands twice", source.name));
      }
      return source;
    }
    source.name = source.files.front().string();
    source.weight = OptionalPositiveReal(set, "weight");
    source.epochs = OptionalPositiveReal(set, "epochs");
    if (source.weight && source.epochs) Bad(set, "epochs", "stands beside weight", "give one of them");
    return source;
  }

  void ReadSizes() {
    recipe_.sequence_length = Positive(root_, "sequence_length");
    recipe_.batch_tokens = Positive(root_, "batch_tokens");
    recipe_.micro_batch_tokens = OptionalPositive(root_, "micro_batch_tokens").value_or(recipe_.batch_tokens);
    if (recipe_.micro_batch_tokens > recipe_.batch_tokens) {
      Bad(root_, "micro_batch_tokens", fmt::format("{} is more than batch_tokens", recipe_.micro_batch_tokens));
    }
    if (recipe_.sequence_length > recipe_.micro_batch_tokens) {
      Bad(root_, "sequence_length", fmt::format("{} is more than a micro-batch holds", recipe_.sequence_length),
          "raise micro_batch_tokens");
    }
    recipe_.steps = OptionalPositive(root_, "steps");
    recipe_.tokens = OptionalPositive(root_, "tokens");
    recipe_.epochs = OptionalPositiveReal(root_, "epochs");
  }

  void ReadOptimizer(const Config& config) {
    OptimizerRecipe& o = recipe_.optimizer;
    o.lr = config.Get<double>("lr");
    if (!(o.lr > 0.0 && o.lr < 10.0))
      Bad(config, "lr", fmt::format("{} is no learning rate", o.lr), "between 0 and 10");
    o.min_lr = Share(config, "min_lr", o.min_lr);
    o.warmup_steps = InRange<int64_t>(config, "warmup_steps", config.Get("warmup_steps", 0), 0, INT64_MAX);
    o.schedule = OneOf<ScheduleKind>(
        config, "schedule", "cosine",
        {{"cosine", ScheduleKind::kCosine}, {"linear", ScheduleKind::kLinear}, {"constant", ScheduleKind::kConstant}});
    ReadOptimizerOptions(config, o.options);
    o.decay_embeddings = config.Get<bool>("decay_embeddings", false);
    o.clip = NotNegative(config, "clip", o.clip);
  }

  void ReadOptimizerOptions(const Config& config, OptimizerOptions& o) const {
    if (OneOf<bool>(config, "type", "adamw", {{"adamw", false}, {"muon", true}})) {
      o.muon_momentum = InRange(config, "momentum", config.Get("momentum", kDefaultMomentum), 0.0, 0.999999);
    }
    o.adamw.beta1 = InRange(config, "beta1", config.Get("beta1", o.adamw.beta1), 0.0, 0.999999);
    o.adamw.beta2 = InRange(config, "beta2", config.Get("beta2", o.adamw.beta2), 0.0, 0.999999);
    o.adamw.eps = InRange(config, "eps", config.Get("eps", o.adamw.eps), 1e-30, 1.0);
    o.adamw.weight_decay = NotNegative(config, "weight_decay", o.adamw.weight_decay);
  }

  void ReadComputation() {
    recipe_.prompt_loss_weight = Share(root_, "prompt_loss_weight", 1.0);
    recipe_.bf16 = OneOf<bool>(root_, "precision", "fp32", {{"fp32", false}, {"bf16", true}});
    recipe_.optimizer.options.bf16 = recipe_.bf16;
    recipe_.recompute = root_.Get<bool>("recompute", false);
    recipe_.threads = static_cast<int>(InRange<int64_t>(root_, "threads", root_.Get("threads", 0), 0, 1024));
  }

  std::vector<std::string> Targets(const Config& config) const {
    auto targets = config.GetList<std::string>("targets");
    if (targets.empty()) Bad(config, "targets", "names no tensor", "a list of regexes over GGUF names");
    return targets;
  }

  void ReadMethods() {
    if (const auto lora = root_.OptionalChild("lora")) {
      LoraOptions& options = recipe_.lora.emplace();
      options.rank = InRange<int64_t>(*lora, "rank", lora->Get<int64_t>("rank"), 1, 1 << 16);
      options.alpha = lora->Get("alpha", static_cast<double>(options.rank));
      if (!(options.alpha > 0.0)) Bad(*lora, "alpha", "is not positive");
      options.targets = Targets(*lora);
      if (!recipe_.freeze.empty()) Bad(root_, "freeze", "stands beside lora", "LoRA freezes every tensor");
    }
    if (const auto qat = root_.OptionalChild("qat")) {
      OneOf<bool>(*qat, "format", "int4-g32", {{"int4-g32", true}});
      recipe_.qat.emplace().targets = Targets(*qat);
    }
    if (const auto dpo = root_.OptionalChild("dpo")) {
      DpoRecipe& options = recipe_.dpo.emplace();
      options.pairs = Path(dpo->Get<std::string>("pairs"));
      options.beta = InRange(*dpo, "beta", dpo->Get("beta", options.beta), 1e-6, 1e3);
    }
    if (const auto router = root_.OptionalChild("router")) {
      recipe_.router = {.z_loss = NotNegative(*router, "z_loss", 0.0),
                        .balance_loss = NotNegative(*router, "balance_loss", 0.0),
                        .bias_step = NotNegative(*router, "bias_step", 0.0)};
    }
    if (recipe_.router.bias_step > 0.0 && recipe_.lora) {
      Bad(root_, "router", "bias_step changes the model that LoRA freezes", "leave bias_step out");
    }
  }

  // How long the run is must be said exactly once, and data sets must be weighed in one way.
  void CheckLength() const {
    if (recipe_.dpo.has_value() == !recipe_.data.empty()) {
      Bad(root_, "data", recipe_.dpo ? "stands beside dpo" : "names no data set",
          recipe_.dpo ? "preference pairs are the data of a dpo run" : "text: FILE, or chat: FILE.jsonl");
    }
    const auto count = [&](auto member) {
      return std::count_if(recipe_.data.begin(), recipe_.data.end(),
                           [&](const DataSource& set) { return (set.*member).has_value(); });
    };
    const auto sets = static_cast<int64_t>(recipe_.data.size());
    const int64_t weights = count(&DataSource::weight), epochs = count(&DataSource::epochs);
    if ((weights > 0 && weights < sets) || (epochs > 0 && epochs < sets)) {
      Bad(root_, "data", "some sets have a weight or epochs and some have not", "give all of them the same key");
    }
    const int said = recipe_.steps.has_value() + recipe_.tokens.has_value() + recipe_.epochs.has_value() + (epochs > 0);
    if (said != 1) {
      Bad(root_, "steps", said == 0 ? "is missing: nothing says how long to train" : "the length is said twice",
          "give one of steps, tokens, epochs, or epochs for every data set");
    }
    if (recipe_.epochs && weights > 0) {
      Bad(root_, "epochs", "sets with weights are not passed over equally often", "give steps or tokens");
    }
  }

  Config root_;
  std::filesystem::path folder_;
  Recipe recipe_;
};

}  // namespace

Recipe ParseRecipe(const Json& json, const std::filesystem::path& path) { return RecipeReader(json, path).Read(); }

Recipe ReadRecipe(const std::filesystem::path& path) { return ParseRecipe(ReadYamlFile(path), path); }

}  // namespace bantam
