// Direct preference optimisation (arXiv:2305.18290): raise the wanted answer's probability over the unwanted one's, relative to a
// frozen reference, here the model that training starts from:
//
//   h = beta ((lw - lw0) - (ll - ll0)),   loss = mean -log sigmoid(h)
//
// lw, ll: log-probabilities of the chosen and the rejected answer, lw0, ll0 the reference's. The gradient is that of the answers'
// negative log-likelihoods with the weights beta sigmoid(-h) and -beta sigmoid(-h), so a batch needs one forward pass to find h
// and one forward and backward pass with those weights per token.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "train/mixture.h"
#include "train/objective.h"
#include "train/segments.h"

namespace bantam {

// The tokens of each pair, in one set: what a run's mixture draws from.
std::vector<std::vector<int64_t>> PairLengths(const SegmentSet& pairs);

class DpoObjective : public Objective {
 public:
  // `pairs`: as LoadPreferencePairs gives them; they must outlive the objective.
  DpoObjective(const SegmentSet& pairs, double beta, uint64_t seed, int64_t batch_tokens, int64_t micro_batch_tokens);

  // The reference's log-probabilities of all answers, in the order of `pairs`; needed before Backward.
  void SetReference(std::vector<double> reference) { reference_ = std::move(reference); }

  // figures: "reward_accuracy", share of pairs with h > 0, and "reward_margin", mean h.
  ObjectiveStep Backward(LossModel& model, std::span<const float> weights, std::span<float> gradients) override;
  Json State() const override { return mixture_.State(); }
  void Restore(const Json& state, const std::string& where) override { mixture_.Restore(state, where); }

 private:
  const SegmentSet& pairs_;
  double beta_;
  Mixture mixture_;
  int64_t batch_tokens_, micro_batch_tokens_;
  std::vector<double> reference_;
};

// Log-probability of every segment's weighted targets under `weights`, in micro-batches.
std::vector<double> AnswerLogProbabilities(LossModel& model, std::span<const float> weights, const SegmentSet& set,
                                           int64_t micro_batch_tokens);

// The same, from `cache` when that holds them for `key`, else computed and stored there. `key`: a hash of all that they depend on.
std::vector<double> ReferenceLogProbabilities(LossModel& model, std::span<const float> weights, const SegmentSet& set,
                                              int64_t micro_batch_tokens, const std::filesystem::path& cache,
                                              const std::string& key);

}  // namespace bantam
