// What a run will take, told before it starts.
#include <algorithm>
#include <chrono>
#include <limits>

#include "model/memory.h"
#include "train/training_job.h"

namespace bantam {
namespace {

// Work of the batch that is timed: about two seconds on two cores.
constexpr double kMeasuredFlops = 2e11;

// Six operations per active parameter and token: two forward, four backward.
double FlopsPerToken(const Architecture& architecture) {
  return 6.0 * static_cast<double>(CountParameters(architecture).active);
}

TrainingPlan::Set Describe(const SegmentSet& set) {
  return {.name = set.name(),
          .documents = set.documents(),
          .tokens = set.predictions(),
          .cut_documents = set.cut_documents()};
}

// Floats that one token leaves behind in a layer for the way back.
int64_t ActivationsPerLayer(const Architecture& a) {
  int64_t hidden = a.d_ff;
  if (a.moe) hidden = std::max(hidden, a.moe->experts_used * a.moe->expert_ff + a.moe->shared_ff);
  return 6 * a.d_model + 2 * a.q_dim() + 2 * a.kv_dim() + (a.gated_ffn ? 3 : 2) * hidden;
}

}  // namespace

uint64_t TrainingJob::MemoryBytes() const {
  const Architecture& a = architecture_;
  const int64_t weights = model_->layout().size(), values = parametrization_->size();
  const int64_t first_weights = recipe_.lora || recipe_.qat ? weights : 0;
  const int64_t layer = ActivationsPerLayer(a);
  const int64_t kept = recipe_.recompute ? a.layers * a.d_model + layer : a.layers * layer;
  const int64_t logits = 2 * a.vocab_size, scores = a.heads * recipe_.sequence_length;
  const int64_t activations = recipe_.micro_batch_tokens * (kept + logits + scores);
  int64_t tokens = 0;
  for (const SegmentSet& set : data_) tokens += set.predictions();
  return 4 * static_cast<uint64_t>(2 * weights + first_weights + 4 * values + activations + tokens);
}

double TrainingJob::MeasureSpeed() {
  const auto most = static_cast<int64_t>(kMeasuredFlops / FlopsPerToken(architecture_));
  TrainingBatch batch;
  for (int64_t i = 0; i < data_.front().size(); ++i) {
    const auto filled = static_cast<int64_t>(batch.tokens.size());
    if (i > 0 && filled + data_.front().length(i) > std::min(most, recipe_.micro_batch_tokens)) break;
    data_.front().AppendTo(i, batch);
  }
  const std::vector<float> values = parametrization_->InitialValues();
  const std::span<const float> weights = parametrization_->Weights(values);
  std::vector<float> gradients(weights.size());
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 2; ++round) {  // the first one also pays for memory and generated code
    const auto start = std::chrono::steady_clock::now();
    model_->Backward(weights, batch, 1.0, 1.0, gradients);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return static_cast<double>(batch.tokens.size()) / best;
}

TrainingPlan TrainingJob::Plan() {
  TrainingPlan plan;
  plan.parameters = model_->layout().size();
  plan.trainable = parametrization_->size();
  plan.steps = steps_;
  plan.batch_tokens = recipe_.batch_tokens;
  const double total = static_cast<double>(steps_) * static_cast<double>(recipe_.batch_tokens);
  const std::vector<double> shares = Shares();
  double all = 0.0;
  for (const double share : shares) all += share;
  for (size_t i = 0; i < data_.size(); ++i) {
    plan.data.push_back(Describe(data_[i]));
    plan.data.back().epochs = total * shares[i] / all / static_cast<double>(data_[i].predictions());
  }
  for (const SegmentSet& set : validation_) plan.validation.push_back(Describe(set));
  plan.memory_bytes = MemoryBytes();
  plan.tokens_per_second = MeasureSpeed();
  plan.seconds = total / plan.tokens_per_second;
  return plan;
}

}  // namespace bantam
