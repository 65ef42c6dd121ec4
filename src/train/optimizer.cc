#include "train/optimizer.h"

#include <utility>

namespace bantam {
namespace {

using Trainable = Parametrization::Trainable;

AdamW MakeAdamW(const OptimizerOptions& options, const std::vector<Trainable>& trainables) {
  std::vector<DecayRange> ranges;
  for (const Trainable& t : trainables) {
    if (!options.muon_momentum || !t.hidden_matrix) ranges.push_back({t.offset, t.offset + t.size, t.decays});
  }
  return {options.adamw, ranges, trainables.back().offset + trainables.back().size};
}

std::optional<Muon> MakeMuon(const OptimizerOptions& options, const std::vector<Trainable>& trainables) {
  if (!options.muon_momentum) return std::nullopt;
  std::vector<MuonMatrix> matrices;
  for (const Trainable& t : trainables) {
    if (!t.hidden_matrix) continue;
    const int64_t rows = t.shape[t.shape.size() - 2], columns = t.shape.back();
    for (int64_t at = 0; at < t.size; at += rows * columns) matrices.push_back({t.offset + at, rows, columns});
  }
  return Muon({.momentum = *options.muon_momentum, .weight_decay = options.adamw.weight_decay, .bf16 = options.bf16},
              std::move(matrices));
}

}  // namespace

Optimizer::Optimizer(const OptimizerOptions& options, const std::vector<Trainable>& trainables)
    : adamw_(MakeAdamW(options, trainables)), muon_(MakeMuon(options, trainables)) {}

void Optimizer::Update(int64_t step, double lr, std::span<const float> gradients, std::span<float> values) {
  adamw_.Update(step, lr, gradients, values);
  if (muon_) muon_->Update(lr, gradients, adamw_.first_moments(), values);
}

}  // namespace bantam
