// The loop of training: batch, gradient, update, log, validation, checkpoint.
//
// A run that was stopped by Ctrl-C, a crash or a full disk goes on from its last checkpoint and ends with the same bits as one
// that was never stopped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "train/checkpoint.h"
#include "train/objective.h"
#include "train/parametrization.h"
#include "train/recipe.h"
#include "train/segments.h"
#include "train/training_log.h"

namespace bantam {

// What a run works on; all must outlive the trainer.
struct TrainingParts {
  LossModel& model;
  Objective& objective;
  Parametrization& parametrization;
  std::span<const SegmentSet> validation;
  RunIdentity identity;
  int64_t steps = 0;
};

struct RunOptions {
  bool fresh = false;                      // do not look for a checkpoint
  std::optional<int64_t> stop_after = {};  // the step after which to stop, without changing the schedule
};

struct TrainingSummary {
  int64_t step = 0, tokens = 0;  // done
  double seconds = 0.0;
  bool resumed = false;
  std::map<std::string, double> validation;  // loss per set, after the last step
};

class Trainer {
 public:
  Trainer(const Recipe& recipe, const TrainingParts& parts);

  // Trains to the end or to options.stop_after and leaves a checkpoint there. kCancelled after Ctrl-C, with a checkpoint;
  // kNumeric naming step and tensor when a loss or gradient is no number, the last good checkpoint kept.
  TrainingSummary Run(const RunOptions& options);

  std::span<const float> values() const { return values_; }

 private:
  void Resume();
  void Train(int64_t last_step);
  void Step();
  void UpdateSelectionBiases(const std::vector<std::vector<int64_t>>& expert_tokens);
  void CheckFinite(double loss, double norm) const;
  void LogStep(const ObjectiveStep& step, double lr, double norm, double seconds);
  void Validate();
  void SaveCheckpoint();

  const Recipe& recipe_;
  TrainingParts parts_;
  Schedule schedule_;
  Optimizer optimizer_;
  std::vector<float> values_, value_gradients_, weight_gradients_;
  CheckpointState state_;
  TrainingSummary summary_;
  std::optional<TrainingLog> log_;
  int64_t saved_step_ = -1;
  std::string progress_;  // of the last step
};

}  // namespace bantam
