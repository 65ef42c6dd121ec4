// A recipe made ready: model, tokenizer and data opened, the number of steps known. What `bantam train` plans and runs.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "train/mixture.h"
#include "train/recipe.h"
#include "train/trainer.h"

namespace bantam {

// What --dry-run tells.
struct TrainingPlan {
  struct Set {
    std::string name;
    int64_t documents = 0, tokens = 0, cut_documents = 0;
    double epochs = 0.0;  // passes that the run makes over it
  };
  int64_t parameters = 0, trainable = 0, steps = 0, batch_tokens = 0;
  std::vector<Set> data, validation;
  uint64_t memory_bytes = 0;       // estimated: what a run holds at its highest
  double tokens_per_second = 0.0;  // of whole steps, update included, measured on the run's first batch or a part of it
  double seconds = 0.0;            // for all steps, at that speed, without validation and checkpoints
};

class TrainingJob {
 public:
  // Opens everything that the recipe names; errors name the file or the key.
  explicit TrainingJob(Recipe recipe);
  ~TrainingJob();

  TrainingPlan Plan();

  // Trains, then writes the model into the output folder.
  TrainingSummary Run(const RunOptions& options);

  int64_t steps() const { return steps_; }
  const Recipe& recipe() const { return recipe_; }

 private:
  void OpenModel();
  void OpenData();
  void ChooseSteps();
  void CheckOptions() const;  // that those of the recipe have something to work on
  std::vector<double> Shares() const;
  Mixture MakeMixture() const;
  uint64_t MemoryBytes() const;
  RunIdentity Identity() const;
  std::unique_ptr<Objective> MakeObjective(const RunIdentity& identity);
  double MeasureSpeed();

  Recipe recipe_;
  std::filesystem::path tokenizer_folder_;
  std::vector<std::filesystem::path> files_;  // all that is read
  Architecture architecture_;
  std::optional<Tokenizer> tokenizer_;
  std::unique_ptr<LossModel> model_;
  std::optional<Parametrization> parametrization_;
  std::vector<SegmentSet> data_, validation_;
  int64_t steps_ = 0, tokens_ = 0;  // of the whole run
};

}  // namespace bantam
