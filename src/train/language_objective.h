// Next-token prediction on a mixture of data sets: loss = sum w CE / sum w over the whole batch, however it is cut into
// micro-batches.
#pragma once

#include "train/mixture.h"
#include "train/objective.h"

namespace bantam {

class LanguageObjective : public Objective {
 public:
  LanguageObjective(Mixture mixture, int64_t batch_tokens, int64_t micro_batch_tokens);

  ObjectiveStep Backward(LossModel& model, std::span<const float> weights, std::span<float> gradients) override;
  Json State() const override { return mixture_.State(); }
  void Restore(const Json& state, const std::string& where) override { mixture_.Restore(state, where); }

 private:
  std::vector<TrainingBatch> NextMicroBatches();

  Mixture mixture_;
  int64_t batch_tokens_, micro_batch_tokens_;
};

// The mean loss of a data set under the same weights per token, in micro-batches of at most `micro_batch_tokens`.
double MeanLoss(LossModel& model, std::span<const float> weights, const SegmentSet& set, int64_t micro_batch_tokens);

}  // namespace bantam
