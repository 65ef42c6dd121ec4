#include "train/training_job.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "formats/hf_folder.h"
#include "math/gemm.h"
#include "math/parallel.h"
#include "model/families.h"
#include "model/memory.h"
#include "model/model.h"
#include "train/fingerprint.h"
#include "train/initial_weights.h"
#include "train/language_objective.h"
#include "train/load_data.h"
#include "train/save_model.h"

namespace bantam {
namespace {

Architecture NewArchitecture(const std::filesystem::path& config) {
  const Json json = ReadJsonFile(config);
  return FamilyForHf(json, config.string()).FromHf(json, config.string());
}

std::vector<float> LoadWeights(const Model& model, const ParameterLayout& layout) {
  std::vector<float> weights(layout.size());
  WorkbenchPool().Run(static_cast<int64_t>(layout.entries().size()), [&](int64_t i) {
    const ParameterLayout::Entry& entry = layout.entries()[i];
    const std::vector<float> values = model.LoadFloats(entry.spec.name);
    std::copy(values.begin(), values.end(), weights.begin() + entry.offset);
  });
  return weights;
}

int64_t StepsFor(double tokens, int64_t batch_tokens) {
  return std::max<int64_t>(1, std::llround(std::ceil(tokens / static_cast<double>(batch_tokens))));
}

}  // namespace

TrainingJob::TrainingJob(Recipe recipe) : recipe_(std::move(recipe)) {
  if (recipe_.threads > 0) SetGemmThreads(recipe_.threads);
  OpenModel();
  OpenData();
  ChooseSteps();
}

TrainingJob::~TrainingJob() = default;

void TrainingJob::OpenModel() {
  const ModelSource& source = recipe_.model;
  std::shared_ptr<const Model> from;
  if (source.from.empty()) {
    architecture_ = NewArchitecture(source.config);
    tokenizer_folder_ = source.tokenizer;
    files_.push_back(source.config);
  } else {
    from = Model::Open(source.from);
    if (from->hf() == nullptr) {
      Fail(ErrorCode::kUnsupported, "only a Hugging Face folder can be trained further", source.from.string());
    }
    architecture_ = from->architecture();
    tokenizer_folder_ = source.from;
    for (const auto& entry : std::filesystem::directory_iterator(source.from)) {
      if (entry.path().extension() == ".safetensors") files_.push_back(entry.path());
    }
    files_.push_back(source.from / "config.json");
  }
  architecture_.name = recipe_.name;
  for (const std::filesystem::path& file : TokenizerFiles(tokenizer_folder_)) files_.push_back(file);
  Vocabulary vocabulary = Vocabulary::FromHf(HfFolder::OpenTokenizer(tokenizer_folder_));
  vocabulary.Resize(architecture_.vocab_size);
  tokenizer_.emplace(std::move(vocabulary));
  if (recipe_.sequence_length > architecture_.context_length) {
    Fail(
        ErrorCode::kUsage,
        fmt::format("{} is more than the model's context of {}", recipe_.sequence_length, architecture_.context_length),
        recipe_.path.string() + ": sequence_length");
  }
  model_ = MakeTransformerLossModel(architecture_, {.bf16 = recipe_.bf16,
                                                    .recompute = recipe_.recompute,
                                                    .router_z_loss = recipe_.router.z_loss,
                                                    .balance_loss = recipe_.router.balance_loss});
  std::vector<float> weights = from ? LoadWeights(*from, model_->layout())
                                    : InitialWeights(architecture_, model_->layout(), source.init_std, recipe_.seed);
  parametrization_.emplace(model_->layout(), std::move(weights),
                           ParametrizationOptions{.freeze = recipe_.freeze,
                                                  .lora = recipe_.lora,
                                                  .qat = recipe_.qat,
                                                  .decay_embeddings = recipe_.optimizer.decay_embeddings,
                                                  .seed = recipe_.seed},
                           recipe_.path.string());
}

void TrainingJob::OpenData() {
  for (const DataSource& source : recipe_.data) files_.insert(files_.end(), source.files.begin(), source.files.end());
  data_ = LoadDataSets(recipe_.data, *tokenizer_, recipe_.sequence_length, recipe_.prompt_loss_weight);
  validation_ = LoadDataSets(recipe_.validation, *tokenizer_, recipe_.sequence_length, recipe_.prompt_loss_weight);
  objective_ = std::make_unique<LanguageObjective>(Mixture(data_, Shares(), recipe_.seed), recipe_.batch_tokens,
                                                   recipe_.micro_batch_tokens);
}

// Shares of the tokens: as the recipe says, or such that every set is passed over as often as it says.
std::vector<double> TrainingJob::Shares() const {
  std::vector<double> shares;
  for (size_t i = 0; i < data_.size(); ++i) {
    const DataSource& source = recipe_.data[i];
    const auto tokens = static_cast<double>(data_[i].predictions());
    shares.push_back(source.weight ? *source.weight : source.epochs.value_or(1.0) * tokens);
  }
  return shares;
}

void TrainingJob::ChooseSteps() {
  if (recipe_.steps) {
    steps_ = *recipe_.steps;
  } else if (recipe_.tokens) {
    steps_ = StepsFor(static_cast<double>(*recipe_.tokens), recipe_.batch_tokens);
  } else {
    const std::vector<double> shares = Shares();  // without weights these are the tokens of all passes
    steps_ = StepsFor(std::accumulate(shares.begin(), shares.end(), 0.0) * recipe_.epochs.value_or(1.0),
                      recipe_.batch_tokens);
  }
}

RunIdentity TrainingJob::Identity() const { return {HashText(DumpJson(recipe_.deciding, -1)), HashFiles(files_)}; }

TrainingSummary TrainingJob::Run(const RunOptions& options) {
  Trainer trainer(recipe_, {.model = *model_,
                            .objective = *objective_,
                            .parametrization = *parametrization_,
                            .validation = validation_,
                            .identity = Identity(),
                            .steps = steps_});
  const TrainingSummary summary = trainer.Run(options);
  SaveTrainedModel(recipe_.output, architecture_, model_->layout(), *parametrization_, trainer.values(),
                   tokenizer_->vocabulary(), tokenizer_folder_);
  return summary;
}

}  // namespace bantam
