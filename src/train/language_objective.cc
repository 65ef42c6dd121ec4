#include "train/language_objective.h"

#include <numeric>
#include <utility>

#include "base/cancel.h"
#include "train/micro_batches.h"

namespace bantam {

LanguageObjective::LanguageObjective(std::span<const SegmentSet> sets, std::vector<double> shares, uint64_t seed,
                                     int64_t batch_tokens, int64_t micro_batch_tokens)
    : sets_(sets),
      mixture_(SegmentLengths(sets), std::move(shares), seed),
      batch_tokens_(batch_tokens),
      micro_batch_tokens_(micro_batch_tokens) {}

std::vector<TrainingBatch> LanguageObjective::NextMicroBatches() {
  const std::vector<Draw> draws = mixture_.Next(batch_tokens_);
  std::vector<int64_t> lengths;
  for (const Draw& draw : draws) lengths.push_back(mixture_.length(draw));
  std::vector<TrainingBatch> batches;
  for (const std::vector<int64_t>& members : DealToMicroBatches(lengths, micro_batch_tokens_)) {
    TrainingBatch& batch = batches.emplace_back();
    for (const int64_t index : members) sets_[draws[index].set].AppendTo(draws[index].item, batch);
  }
  return batches;
}

ObjectiveStep LanguageObjective::Backward(LossModel& model, std::span<const float> weights,
                                          std::span<float> gradients) {
  const std::vector<TrainingBatch> batches = NextMicroBatches();
  double weight = 0.0;
  for (const TrainingBatch& batch : batches) {
    weight = std::accumulate(batch.weights.begin(), batch.weights.end(), weight);
  }
  ObjectiveStep step;
  double nll = 0.0, router_z = 0.0, balance = 0.0;
  const double part = 1.0 / static_cast<double>(batches.size());
  for (const TrainingBatch& batch : batches) {
    ThrowIfCancelled();
    const TrainingLoss loss = model.Backward(weights, batch, 1.0 / weight, part, gradients);
    nll += loss.weighted_nll;
    router_z += loss.router_z * part;
    balance += loss.balance * part;
    step.tokens += static_cast<int64_t>(batch.tokens.size());
    AddExpertTokens(loss.expert_tokens, step.expert_tokens);
  }
  step.loss = nll / weight;
  if (HasExperts(step.expert_tokens)) step.figures = {{"router_z", router_z}, {"balance", balance}};
  return step;
}

double MeanLoss(LossModel& model, std::span<const float> weights, const SegmentSet& set, int64_t micro_batch_tokens) {
  double nll = 0.0, weight = 0.0;
  for (int64_t next = 0; next < set.size();) {
    ThrowIfCancelled();
    TrainingBatch batch;
    do {
      set.AppendTo(next++, batch);
    } while (next < set.size() && static_cast<int64_t>(batch.tokens.size()) + set.length(next) <= micro_batch_tokens);
    const TrainingLoss loss = model.Loss(weights, batch);
    nll += loss.weighted_nll;
    weight += loss.weight;
  }
  return nll / weight;
}

}  // namespace bantam
