// What a run will take, told before it starts.
#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "model/memory.h"
#include "train/dpo.h"
#include "train/flat_ranges.h"
#include "train/gradient_norm.h"
#include "train/language_objective.h"
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

// Numbers of a pass per token: floats, and operands of products, which are bfloat16 where the recipe says so. They follow the
// buffers of transformer/gradient/*.h.
struct Held {
  int64_t floats = 0, operands = 0;

  void Add(const Held& more, int64_t times = 1) {
    floats += times * more.floats;
    operands += times * more.operands;
  }
};

// What a layer's attention leaves for the way back.
Held KeptByAttention(const Architecture& a) {
  Held kept{.floats = a.d_model + a.heads, .operands = a.d_model + 2 * a.q_dim() + 2 * a.kv_dim()};
  if (a.qk_norm != QkNorm::kNone) kept.floats += a.q_dim() + a.kv_dim();
  if (a.post_norms) kept.floats += a.d_model;
  return kept;
}

int64_t KeptByFfn(const Architecture& a, int64_t width) { return (a.gated_ffn ? 3 : 2) * width; }

Held KeptByFeedForward(const Architecture& a, bool moe) {
  Held kept{.floats = a.d_model, .operands = a.d_model};
  if (moe || a.post_norms) kept.floats += a.d_model;
  if (!moe) {
    kept.operands += KeptByFfn(a, a.d_ff);
    return kept;
  }
  const MoeArchitecture& m = a.Moe();
  constexpr int64_t kChoice = 6;  // number, share, row and token of a choice: 24 bytes
  kept.floats += a.d_model + 2 * m.experts + m.experts_used * (a.d_model + kChoice);
  kept.operands += m.experts_used * (a.d_model + KeptByFfn(a, m.expert_ff)) + KeptByFfn(a, m.shared_ff);
  if (m.shared_gate) kept.floats += a.d_model + 1;
  return kept;
}

// The space that one layer after another uses, the residual stream and the head.
Held Scratch(const Architecture& a) {
  const int64_t projected = a.q_dim() + 2 * a.kv_dim(), widest = std::max(a.d_model, a.fused_qkv ? projected : 0);
  Held held{.floats = projected + widest, .operands = projected + a.q_dim() + widest};  // attention
  held.Add({.floats = (a.post_norms ? 2 : 1) * a.d_model, .operands = a.d_model});      // feed-forward
  const auto ffn = [&](int64_t width) { return Held{width, (a.gated_ffn ? 2 : 1) * width}; };
  if (!a.LayerIsMoe(0)) held.Add(ffn(a.d_ff));
  if (a.moe) {
    held.Add(ffn(a.moe->shared_ff));
    held.Add({a.moe->experts_used * a.d_model + a.moe->experts, a.moe->experts_used * a.d_model});
  }
  held.Add({.floats = 3 * a.d_model, .operands = a.d_model});  // stream and head
  return held;
}

// Bytes of a pass over `tokens` tokens. Left out is what is small beside them: a thread's block of attention, padding of experts.
int64_t PassBytes(const Architecture& a, int64_t tokens, bool bf16, bool recompute) {
  const int64_t operand_bytes = bf16 ? 2 : 4;
  Held held = Scratch(a);
  if (recompute) held.floats += (a.layers + 1) * a.d_model;  // every layer's input and a second stream
  int64_t moe_layers = 0;
  for (int64_t layer = 0; layer < a.layers; ++layer) moe_layers += a.LayerIsMoe(layer) ? 1 : 0;
  const auto blocks = [&](int64_t layers) { return recompute ? std::min<int64_t>(layers, 1) : layers; };
  held.Add(KeptByAttention(a), blocks(a.layers));
  held.Add(KeptByFeedForward(a, false), blocks(a.layers - moe_layers));
  if (moe_layers > 0) held.Add(KeptByFeedForward(a, true), blocks(moe_layers));
  const int64_t logits = std::min(tokens, kHeadRows) * a.vocab_size;
  return (tokens * held.floats + logits) * 4 + (tokens * held.operands + logits) * operand_bytes;
}

// Ids (token_array.h), where documents begin, segments and what the mixture knows of them.
int64_t DataBytes(const SegmentSet& set, int64_t vocab_size) {
  const int64_t id_bytes = vocab_size <= int64_t{1} << 16 ? 2 : 4;
  return id_bytes * (set.predictions() + set.documents()) + 8 * set.documents() + (16 + 12) * set.size();
}

// The recipe's objective with batches of `batch_tokens`. Preferences are held against a reference of zeros: the work is the same.
std::unique_ptr<Objective> TrialObjective(const Recipe& recipe, const std::vector<SegmentSet>& data,
                                          std::vector<double> shares, int64_t batch_tokens) {
  if (!recipe.dpo) {
    return std::make_unique<LanguageObjective>(data, std::move(shares), recipe.seed, batch_tokens,
                                               recipe.micro_batch_tokens);
  }
  auto objective = std::make_unique<DpoObjective>(data.front(), recipe.dpo->beta, recipe.seed, batch_tokens,
                                                  recipe.micro_batch_tokens);
  objective->SetReference(std::vector<double>(data.front().size()));
  return objective;
}

template <typename Work>
double SecondsOf(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

uint64_t TrainingJob::MemoryBytes() const {
  const int64_t weights = model_->layout().size(), values = parametrization_->size();
  const int64_t first_weights = recipe_.lora || recipe_.qat ? weights : 0;
  // Weights and their gradients; values, their gradients and two moments.
  int64_t bytes = 4 * (2 * weights + first_weights + 4 * values);
  if (recipe_.bf16) bytes += 2 * weights;
  bytes += PassBytes(architecture_, recipe_.micro_batch_tokens, recipe_.bf16, recipe_.recompute);
  for (const SegmentSet& set : data_) bytes += DataBytes(set, architecture_.vocab_size);
  for (const SegmentSet& set : validation_) bytes += DataBytes(set, architecture_.vocab_size);
  return static_cast<uint64_t>(bytes);
}

// Whole steps on the run's first batch, or on as much of it as is work enough.
double TrainingJob::MeasureSpeed() {
  const auto most = static_cast<int64_t>(kMeasuredFlops / FlopsPerToken(architecture_));
  const std::unique_ptr<Objective> objective =
      TrialObjective(recipe_, data_, Shares(), std::min(recipe_.batch_tokens, most));
  const Json beginning = objective->State();
  Optimizer optimizer(recipe_.optimizer.options, parametrization_->trainables());
  std::vector<float> values = parametrization_->InitialValues(), value_gradients(values.size());
  std::vector<float> weight_gradients(model_->layout().size());
  double per_token = std::numeric_limits<double>::infinity(), per_step = per_token;
  for (int64_t round = 1; round <= 2; ++round) {  // the first one also pays for memory and generated code
    objective->Restore(beginning, recipe_.path.string());
    std::span<const float> weights;
    ObjectiveStep step;
    const double before = SecondsOf([&] {
      ForFlatRanges(static_cast<int64_t>(weight_gradients.size()), [&](int64_t, int64_t begin, int64_t end) {
        std::fill(weight_gradients.begin() + begin, weight_gradients.begin() + end, 0.0f);
      });
      weights = parametrization_->Weights(values);
    });
    const double gradient = SecondsOf([&] { step = objective->Backward(*model_, weights, weight_gradients); });
    const double after = SecondsOf([&] {
      parametrization_->PullBack(values, weight_gradients, value_gradients);
      const double norm = GradientNorm(value_gradients);
      if (recipe_.optimizer.clip > 0.0) ClipGradients(value_gradients, norm, recipe_.optimizer.clip);
      optimizer.Update(round, 0.0, value_gradients, values);  // the rate 0 leaves the values as they are
    });
    per_token = std::min(per_token, gradient / static_cast<double>(step.tokens));
    per_step = std::min(per_step, before + after);
  }
  return 1.0 / (per_token + per_step * static_cast<double>(steps_) / static_cast<double>(tokens_));
}

TrainingPlan TrainingJob::Plan() {
  TrainingPlan plan;
  plan.parameters = model_->layout().size();
  plan.trainable = parametrization_->size();
  plan.steps = steps_;
  plan.batch_tokens = recipe_.batch_tokens;
  const auto total = static_cast<double>(tokens_);
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
