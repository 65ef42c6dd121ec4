#include "train/training_job.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
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
#include "train/dpo.h"
#include "train/fingerprint.h"
#include "train/initial_weights.h"
#include "train/language_objective.h"
#include "train/load_data.h"
#include "train/preference_pairs.h"
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

// Losses of validation are those of the answers, whatever share of the prompts training counts.
constexpr double kAnswersAlone = 0.0;

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
    if (std::filesystem::exists(recipe_.output) && std::filesystem::equivalent(source.from, recipe_.output)) {
      Fail(ErrorCode::kUsage, "is the folder of the model that training starts from",
           recipe_.path.string() + ": output", "choose another folder");
    }
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
  CheckOptions();
}

void TrainingJob::OpenData() {
  for (const DataSource& source : recipe_.data) files_.insert(files_.end(), source.files.begin(), source.files.end());
  if (recipe_.dpo) {
    files_.push_back(recipe_.dpo->pairs);
    data_.push_back(LoadPreferencePairs(recipe_, *tokenizer_));
  } else {
    data_ = LoadDataSets(recipe_.data, *tokenizer_, recipe_.sequence_length, recipe_.prompt_loss_weight);
  }
  validation_ = LoadDataSets(recipe_.validation, *tokenizer_, recipe_.sequence_length, kAnswersAlone);
}

// Shares of the tokens: as the recipe says, or such that every set is passed over as often as it says.
std::vector<double> TrainingJob::Shares() const {
  std::vector<double> shares;
  for (size_t i = 0; i < data_.size(); ++i) {
    const DataSource source = recipe_.dpo ? DataSource() : recipe_.data[i];
    const auto tokens = static_cast<double>(data_[i].predictions());
    shares.push_back(source.weight ? *source.weight : source.epochs.value_or(1.0) * tokens);
  }
  return shares;
}

Mixture TrainingJob::MakeMixture() const {
  return recipe_.dpo ? Mixture(PairLengths(data_.front()), {1.0}, recipe_.seed)
                     : Mixture(SegmentLengths(data_), Shares(), recipe_.seed);
}

// A batch holds whole documents and seldom all its tokens, so the steps are counted by drawing.
void TrainingJob::ChooseSteps() {
  double wanted = std::numeric_limits<double>::infinity();
  if (recipe_.tokens) {
    wanted = static_cast<double>(*recipe_.tokens);
  } else if (!recipe_.steps) {
    const std::vector<double> shares = Shares();  // without weights these are the tokens of all passes
    wanted = std::accumulate(shares.begin(), shares.end(), 0.0) * recipe_.epochs.value_or(1.0);
  }
  const int64_t most = recipe_.steps.value_or(std::numeric_limits<int64_t>::max());
  Mixture mixture = MakeMixture();
  while (steps_ < most && static_cast<double>(tokens_) < wanted) {
    for (const Draw& draw : mixture.Next(recipe_.batch_tokens)) tokens_ += mixture.length(draw);
    ++steps_;
  }
}

void TrainingJob::CheckOptions() const {
  const auto refuse = [&](const char* key, const std::string& what) {
    Fail(ErrorCode::kUsage, what, recipe_.path.string() + ": " + key, "leave it out");
  };
  const auto& trainables = parametrization_->trainables();
  const RouterRecipe& router = recipe_.router;
  const bool any_router = router.z_loss > 0.0 || router.balance_loss > 0.0 || router.bias_step > 0.0;
  if (any_router && !architecture_.moe) refuse("router", "the model has no experts");
  if (router.bias_step > 0.0 && std::ranges::none_of(trainables, [](const Parametrization::Trainable& t) {
        return t.name.ends_with("exp_probs_b.bias");
      })) {
    refuse("router.bias_step", "no selection bias is trained");
  }
  if (recipe_.optimizer.options.muon_momentum &&
      std::ranges::none_of(trainables, &Parametrization::Trainable::hidden_matrix)) {
    refuse("optimizer.type", "no matrix is trained that Muon works on");
  }
}

RunIdentity TrainingJob::Identity() const {
  return {Sha256Hex(DumpJson(recipe_.deciding, -1)), HashFiles(files_, recipe_.path.parent_path())};
}

std::unique_ptr<Objective> TrainingJob::MakeObjective(const RunIdentity& identity) {
  if (!recipe_.dpo) {
    return std::make_unique<LanguageObjective>(data_, Shares(), recipe_.seed, recipe_.batch_tokens,
                                               recipe_.micro_batch_tokens);
  }
  auto objective = std::make_unique<DpoObjective>(data_.front(), recipe_.dpo->beta, recipe_.seed, recipe_.batch_tokens,
                                                  recipe_.micro_batch_tokens);
  const std::vector<float> values = parametrization_->InitialValues();
  const std::string key = Sha256Hex(identity.recipe + DumpJson(Json(identity.files), -1));
  std::filesystem::create_directories(recipe_.run_folder());
  objective->SetReference(ReferenceLogProbabilities(*model_, parametrization_->Weights(values), data_.front(),
                                                    recipe_.micro_batch_tokens,
                                                    recipe_.run_folder() / "reference.safetensors", key));
  return objective;
}

TrainingSummary TrainingJob::Run(const RunOptions& options) {
  const RunIdentity identity = Identity();
  const std::unique_ptr<Objective> objective = MakeObjective(identity);
  Trainer trainer(recipe_, {.model = *model_,
                            .objective = *objective,
                            .parametrization = *parametrization_,
                            .validation = validation_,
                            .identity = identity,
                            .steps = steps_});
  const TrainingSummary summary = trainer.Run(options);
  SaveTrainedModel(recipe_.output, architecture_, model_->layout(), *parametrization_, trainer.values(),
                   tokenizer_->vocabulary(), tokenizer_folder_);
  return summary;
}

}  // namespace bantam
