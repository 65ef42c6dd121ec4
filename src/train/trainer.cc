#include "train/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/cancel.h"
#include "base/error.h"
#include "base/progress.h"
#include "train/flat_ranges.h"
#include "train/gradient_norm.h"
#include "train/language_objective.h"
#include "transformer/ops/router_losses.h"

namespace bantam {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Schedule ScheduleOf(const OptimizerRecipe& optimizer, int64_t steps) {
  return {.kind = optimizer.schedule,
          .lr = optimizer.lr,
          .min_lr = optimizer.min_lr,
          .warmup_steps = optimizer.warmup_steps,
          .steps = steps};
}

bool AllFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

Trainer::Trainer(const Recipe& recipe, const TrainingParts& parts)
    : recipe_(recipe),
      parts_(parts),
      schedule_(ScheduleOf(recipe.optimizer, parts.steps)),
      optimizer_(recipe.optimizer.options, parts.parametrization.trainables()),
      values_(parts.parametrization.InitialValues()),
      value_gradients_(values_.size()),
      weight_gradients_(parts.model.layout().size()) {
  state_.identity = parts.identity;
}

TrainingSummary Trainer::Run(const RunOptions& options) {
  std::filesystem::create_directories(recipe_.run_folder());
  if (!options.fresh && std::filesystem::exists(recipe_.checkpoint())) Resume();
  log_.emplace(recipe_.log, state_.step);
  const int64_t last = options.stop_after ? std::min(*options.stop_after, parts_.steps) : parts_.steps;
  try {
    Train(last);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;
    SaveCheckpoint();
    Fail(ErrorCode::kCancelled, fmt::format("stopped after step {} of {}", state_.step, parts_.steps),
         recipe_.path.string(), "the same command goes on from there");
  }
  SaveCheckpoint();
  summary_.step = state_.step;
  summary_.tokens = state_.tokens;
  summary_.seconds = state_.seconds;
  return summary_;
}

void Trainer::Resume() {
  state_ = ReadCheckpoint(recipe_.checkpoint(), parts_.identity, parts_.parametrization.trainables(),
                          {values_, optimizer_.first_moments(), optimizer_.second_moments()});
  parts_.objective.Restore(state_.objective, recipe_.checkpoint().string());
  saved_step_ = state_.step;
  summary_.resumed = true;
}

void Trainer::Train(int64_t last_step) {
  Progress progress("Training", "steps", static_cast<uint64_t>(std::max<int64_t>(0, last_step - state_.step)));
  const auto due = [&](int64_t every) { return every > 0 && state_.step % every == 0; };
  // A run that was stopped during its validation has that still to do.
  if (due(recipe_.validate_every) && log_->last_validated() < state_.step && state_.step < last_step) Validate();
  while (state_.step < last_step) {
    ThrowIfCancelled();
    Step();
    if (due(recipe_.checkpoint_every)) SaveCheckpoint();
    if (due(recipe_.validate_every) && state_.step < last_step) Validate();
    progress.Advance(1, progress_);
  }
  Validate();
}

void Trainer::Step() {
  const auto start = Clock::now();
  const Json before = parts_.objective.State();
  ForFlatRanges(static_cast<int64_t>(weight_gradients_.size()), [&](int64_t, int64_t begin, int64_t end) {
    std::fill(weight_gradients_.begin() + begin, weight_gradients_.begin() + end, 0.0f);
  });
  ObjectiveStep step;
  try {
    step = parts_.objective.Backward(parts_.model, parts_.parametrization.Weights(values_), weight_gradients_);
  } catch (const Error&) {
    parts_.objective.Restore(before, recipe_.path.string());
    throw;
  }
  parts_.parametrization.PullBack(values_, weight_gradients_, value_gradients_);
  const double norm = GradientNorm(value_gradients_);
  CheckFinite(step.loss, norm);
  if (recipe_.optimizer.clip > 0.0) ClipGradients(value_gradients_, norm, recipe_.optimizer.clip);
  const double lr = schedule_.At(state_.step);
  optimizer_.Update(state_.step + 1, lr, value_gradients_, values_);
  if (recipe_.router.bias_step > 0.0) UpdateSelectionBiases(step.expert_tokens);
  ++state_.step;
  state_.tokens += step.tokens;
  const double seconds = SecondsSince(start);
  state_.seconds += seconds;
  LogStep(step, lr, norm, seconds);
}

void Trainer::UpdateSelectionBiases(const std::vector<std::vector<int64_t>>& expert_tokens) {
  for (size_t layer = 0; layer < expert_tokens.size(); ++layer) {
    if (expert_tokens[layer].empty()) continue;
    const std::string name = fmt::format("blk.{}.exp_probs_b.bias", layer);
    for (const Parametrization::Trainable& t : parts_.parametrization.trainables()) {
      if (t.name != name) continue;
      UpdateSelectionBias(expert_tokens[layer], recipe_.router.bias_step, std::span(values_).subspan(t.offset, t.size));
    }
  }
}

void Trainer::CheckFinite(double loss, double norm) const {
  if (std::isfinite(loss) && std::isfinite(norm)) return;
  const std::string hint = "lower the learning rate or lengthen the warm-up; the last checkpoint is kept";
  const std::string where = fmt::format("{}, step {}", recipe_.path.string(), state_.step + 1);
  for (const Parametrization::Trainable& t : parts_.parametrization.trainables()) {
    const auto gradient = std::span(value_gradients_).subspan(t.offset, t.size);
    if (AllFinite(gradient)) continue;
    Fail(ErrorCode::kNumeric, fmt::format("the loss is {} and the gradient of {} is not finite", loss, t.name), where,
         hint);
  }
  Fail(ErrorCode::kNumeric, fmt::format("the loss is {}", loss), where, hint);
}

void Trainer::LogStep(const ObjectiveStep& step, double lr, double norm, double seconds) {
  const double speed = static_cast<double>(step.tokens) / seconds;
  Json line = {{"step", state_.step}, {"tokens", state_.tokens},    {"loss", step.loss},        {"lr", lr},
               {"grad_norm", norm},   {"tokens_per_second", speed}, {"seconds", state_.seconds}};
  line.update(step.figures);
  log_->Write(line);
  progress_ = fmt::format("step {}, loss {:.4f}, {:.0f} tokens/s", state_.step, step.loss, speed);
}

void Trainer::Validate() {
  if (parts_.validation.empty()) return;
  const std::span<const float> weights = parts_.parametrization.Weights(values_);
  summary_.validation.clear();
  for (const SegmentSet& set : parts_.validation) {
    summary_.validation[set.name()] = MeanLoss(parts_.model, weights, set, recipe_.micro_batch_tokens);
  }
  if (log_->last_validated() < state_.step) log_->Write({{"step", state_.step}, {"validation", summary_.validation}});
}

void Trainer::SaveCheckpoint() {
  if (saved_step_ == state_.step) return;
  for (const Parametrization::Trainable& t : parts_.parametrization.trainables()) {
    if (AllFinite(std::span(values_).subspan(t.offset, t.size))) continue;
    Fail(ErrorCode::kNumeric, fmt::format("{} is no longer finite", t.name),
         fmt::format("{}, step {}", recipe_.path.string(), state_.step),
         "lower the learning rate; the last checkpoint is kept");
  }
  state_.objective = parts_.objective.State();
  WriteCheckpoint(recipe_.checkpoint(), state_, parts_.parametrization.trainables(),
                  {values_, optimizer_.first_moments(), optimizer_.second_moments()});
  saved_step_ = state_.step;
}

}  // namespace bantam
