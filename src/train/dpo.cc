#include "train/dpo.h"

#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"
#include "base/progress.h"
#include "formats/safetensors.h"
#include "train/micro_batches.h"

namespace bantam {
namespace {

constexpr const char* kReferenceTensor = "log_probability";
constexpr const char* kKey = "key";

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// -log sigmoid(x), without overflow.
double SoftPlusOfMinus(double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(-x, 0.0); }

// Log-probability of document `document` of the batch, from the negative log-likelihoods of its tokens.
double DocumentLogProbability(const TrainingBatch& batch, const std::vector<double>& nll, int64_t document) {
  return -std::accumulate(nll.begin() + batch.document_begin[document],
                          nll.begin() + batch.document_begin[document + 1], 0.0);
}

void ScaleWeights(TrainingBatch& batch, int64_t document, double factor) {
  for (int64_t i = batch.document_begin[document]; i < batch.document_begin[document + 1]; ++i) {
    batch.weights[i] *= static_cast<float>(factor);
  }
}

}  // namespace

std::vector<std::vector<int64_t>> PairLengths(const SegmentSet& pairs) {
  std::vector<std::vector<int64_t>> lengths(1);
  for (int64_t i = 0; i + 1 < pairs.size(); i += 2) lengths.front().push_back(pairs.length(i) + pairs.length(i + 1));
  return lengths;
}

DpoObjective::DpoObjective(const SegmentSet& pairs, double beta, uint64_t seed, int64_t batch_tokens,
                           int64_t micro_batch_tokens)
    : pairs_(pairs),
      beta_(beta),
      mixture_(PairLengths(pairs), {1.0}, seed),
      batch_tokens_(batch_tokens),
      micro_batch_tokens_(micro_batch_tokens) {}

ObjectiveStep DpoObjective::Backward(LossModel& model, std::span<const float> weights, std::span<float> gradients) {
  const std::vector<Draw> draws = mixture_.Next(batch_tokens_);
  std::vector<int64_t> lengths;
  for (const Draw& draw : draws) lengths.push_back(mixture_.length(draw));
  const auto micro_batches = DealToMicroBatches(lengths, micro_batch_tokens_);
  const double part = 1.0 / static_cast<double>(micro_batches.size()), mean = 1.0 / static_cast<double>(draws.size());
  ObjectiveStep step;
  int64_t preferred = 0;
  double margin = 0.0;
  for (const std::vector<int64_t>& members : micro_batches) {
    ThrowIfCancelled();
    TrainingBatch batch;
    for (const int64_t index : members) {
      pairs_.AppendTo(2 * draws[index].item, batch);
      pairs_.AppendTo(2 * draws[index].item + 1, batch);
    }
    const std::vector<double> nll = model.TokenNll(weights, batch);
    for (size_t i = 0; i < members.size(); ++i) {
      const int64_t pair = draws[members[i]].item, document = 2 * static_cast<int64_t>(i);
      const double chosen = DocumentLogProbability(batch, nll, document) - reference_.at(2 * pair);
      const double rejected = DocumentLogProbability(batch, nll, document + 1) - reference_.at(2 * pair + 1);
      const double h = beta_ * (chosen - rejected);
      step.loss += mean * SoftPlusOfMinus(h);
      margin += mean * h;
      preferred += h > 0.0 ? 1 : 0;
      ScaleWeights(batch, document, beta_ * Sigmoid(-h));
      ScaleWeights(batch, document + 1, -beta_ * Sigmoid(-h));
    }
    const TrainingLoss loss = model.Backward(weights, batch, mean, part, gradients);
    step.tokens += static_cast<int64_t>(batch.tokens.size());
    AddExpertTokens(loss.expert_tokens, step.expert_tokens);
  }
  step.figures = {{"reward_accuracy", static_cast<double>(preferred) / static_cast<double>(draws.size())},
                  {"reward_margin", margin}};
  return step;
}

std::vector<double> AnswerLogProbabilities(LossModel& model, std::span<const float> weights, const SegmentSet& set,
                                           int64_t micro_batch_tokens) {
  std::vector<double> result;
  Progress progress("Reference", "answers", static_cast<uint64_t>(set.size()));
  for (int64_t next = 0; next < set.size();) {
    TrainingBatch batch;
    do {
      set.AppendTo(next++, batch);
    } while (next < set.size() && static_cast<int64_t>(batch.tokens.size()) + set.length(next) <= micro_batch_tokens);
    const std::vector<double> nll = model.TokenNll(weights, batch);
    const auto documents = static_cast<int64_t>(batch.document_begin.size()) - 1;
    for (int64_t document = 0; document < documents; ++document) {
      result.push_back(DocumentLogProbability(batch, nll, document));
    }
    progress.Advance(static_cast<uint64_t>(documents));
  }
  return result;
}

std::vector<double> ReferenceLogProbabilities(LossModel& model, std::span<const float> weights, const SegmentSet& set,
                                              int64_t micro_batch_tokens, const std::filesystem::path& cache,
                                              const std::string& key) {
  if (std::filesystem::exists(cache)) {
    const auto source = SafetensorsSource::OpenFile(cache);
    const auto found = source->metadata().find(kKey);
    if (found != source->metadata().end() && found->second == key) {
      const Tensor tensor = source->Load(kReferenceTensor);
      std::vector<double> stored(tensor.bytes.size() / sizeof(double));
      if (tensor.dtype != DType::kF64 || static_cast<int64_t>(stored.size()) != set.size()) {
        Fail(ErrorCode::kFormat, "does not hold one number per answer", cache.string(), "remove the file");
      }
      std::memcpy(stored.data(), tensor.bytes.data(), tensor.bytes.size());
      return stored;
    }
  }
  const std::vector<double> computed = AnswerLogProbabilities(model, weights, set, micro_batch_tokens);
  const Tensor tensor{DType::kF64, {set.size()}, std::as_bytes(std::span(computed)), nullptr};
  WriteSafetensors(cache, {{kReferenceTensor, tensor}}, {{kKey, key}});
  return computed;
}

}  // namespace bantam
