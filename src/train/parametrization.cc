#include "train/parametrization.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "math/gemm.h"
#include "train/fake_quant.h"
#include "train/flat_ranges.h"
#include "train/tensor_patterns.h"

namespace bantam {
namespace {

bool IsMatrix(const TensorSpec& spec) { return spec.shape.size() >= 2; }

bool IsHiddenMatrix(const TensorSpec& spec) {
  return spec.role == TensorRole::kAttention || spec.role == TensorRole::kFfn || spec.role == TensorRole::kExpert;
}

bool Decays(const TensorSpec& spec, bool embeddings) {
  const bool embedding = spec.role == TensorRole::kEmbedding || spec.role == TensorRole::kPosition;
  return IsMatrix(spec) && (embeddings || !embedding);
}

}  // namespace

Parametrization::Parametrization(const ParameterLayout& layout, std::vector<float> weights,
                                 const ParametrizationOptions& options, const std::string& where)
    : layout_(layout), seed_(options.seed), weights_(std::move(weights)), quantized_(layout.entries().size()) {
  if (options.lora || options.qat) base_ = weights_;
  if (options.lora) {
    ChooseLora(*options.lora, where);
  } else {
    const std::vector<bool> frozen = MatchTensors(layout, options.freeze, where + ": freeze");
    for (size_t i = 0; i < frozen.size(); ++i) {
      if (!frozen[i]) AddFull(layout.entries()[i], options.decay_embeddings);
    }
  }
  if (trainables_.empty())
    Fail(ErrorCode::kUsage, "every tensor is frozen, nothing is left to train", where + ": freeze");
  if (options.qat) ChooseQat(*options.qat, where);
}

int64_t Parametrization::AddTrainable(std::string name, Shape shape, bool decays) {
  const int64_t offset = trainables_.empty() ? 0 : size();
  const int64_t count = ElementCount(shape);
  trainables_.push_back({std::move(name), std::move(shape), offset, count, decays});
  return offset;
}

void Parametrization::AddFull(const ParameterLayout::Entry& entry, bool decay_embeddings) {
  const int64_t value = AddTrainable(entry.spec.name, entry.spec.shape, Decays(entry.spec, decay_embeddings));
  trainables_.back().hidden_matrix = IsHiddenMatrix(entry.spec);
  full_.push_back({entry.offset, value, entry.size});
}

void Parametrization::AddLowRank(const ParameterLayout::Entry& entry) {
  const Shape& shape = entry.spec.shape;  // [out, in] or [experts, out, in]
  LowRank part{.weight = entry.offset, .out = shape[shape.size() - 2], .in = shape.back()};
  Shape a = {rank_, part.in}, b = {part.out, rank_};
  if (shape.size() == 3) {
    part.experts = shape.front();
    a.insert(a.begin(), part.experts);
    b.insert(b.begin(), part.experts);
  }
  part.a = AddTrainable(entry.spec.name + ".lora_a", std::move(a), true);
  part.b = AddTrainable(entry.spec.name + ".lora_b", std::move(b), true);
  low_rank_.push_back(part);
}

void Parametrization::ChooseLora(const LoraOptions& lora, const std::string& where) {
  rank_ = lora.rank;
  scale_ = static_cast<float>(lora.alpha / static_cast<double>(lora.rank));
  const std::string key = where + ": lora.targets";
  const std::vector<bool> chosen = MatchTensors(layout_, lora.targets, key);
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i] && IsMatrix(layout_.entries()[i].spec)) AddLowRank(layout_.entries()[i]);
  }
  if (low_rank_.empty()) Fail(ErrorCode::kUsage, "the targets hold no matrix", key);
}

void Parametrization::ChooseQat(const QatOptions& qat, const std::string& where) {
  const std::string key = where + ": qat.targets";
  const std::vector<bool> chosen = MatchTensors(layout_, qat.targets, key);
  bool any = false;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const TensorSpec& spec = layout_.entries()[i].spec;
    if (!chosen[i] || !IsMatrix(spec) || spec.role == TensorRole::kRouter) continue;
    if (spec.shape.back() % kInt4Group != 0) {
      Fail(ErrorCode::kUsage,
           fmt::format("rows of {} have {} values, no multiple of {}", spec.name, spec.shape.back(), kInt4Group), key);
    }
    quantized_[i] = any = true;
  }
  if (!any) Fail(ErrorCode::kUsage, "the targets hold no matrix that is quantised (routers are not)", key);
}

std::vector<float> Parametrization::InitialValues() const {
  std::vector<float> values(size());
  const std::vector<float>& first = base_.empty() ? weights_ : base_;
  for (const Full& part : full_) std::copy_n(first.data() + part.weight, part.size, values.data() + part.value);
  for (size_t i = 0; i < low_rank_.size(); ++i) {
    // Entries of A x keep the size of x's; B = 0, so training starts at W0.
    const LowRank& part = low_rank_[i];
    const double deviation = 1.0 / std::sqrt(static_cast<double>(part.in));
    Rng rng(seed_, static_cast<uint64_t>(i));
    for (int64_t k = 0; k < part.experts * rank_ * part.in; ++k) {
      values[part.a + k] = static_cast<float>(deviation * rng.NextGaussian());
    }
  }
  return values;
}

void Parametrization::MergeLowRank(const LowRank& part, std::span<const float> values) {
  const int64_t matrix = part.out * part.in;
  for (int64_t e = 0; e < part.experts; ++e) {
    const float* a = values.data() + part.a + e * rank_ * part.in;
    const float* b = values.data() + part.b + e * part.out * rank_;
    float* w = weights_.data() + part.weight + e * matrix;
    std::copy_n(base_.data() + part.weight + e * matrix, matrix, w);
    Gemm(false, false, part.out, part.in, rank_, scale_, b, rank_, a, part.in, 1.0f, w, part.in);
  }
}

std::span<const float> Parametrization::Compute(std::span<const float> values, bool quantize) {
  for (size_t i = 0; i < quantized_.size(); ++i) {
    const ParameterLayout::Entry& entry = layout_.entries()[i];
    if (quantized_[i]) std::copy_n(base_.data() + entry.offset, entry.size, weights_.data() + entry.offset);
  }
  for (const Full& part : full_) CopyFlat(values.data() + part.value, part.size, weights_.data() + part.weight);
  for (const LowRank& part : low_rank_) MergeLowRank(part, values);
  for (size_t i = 0; quantize && i < quantized_.size(); ++i) {
    const ParameterLayout::Entry& entry = layout_.entries()[i];
    if (quantized_[i]) FakeQuantInt4(std::span(weights_).subspan(entry.offset, entry.size));
  }
  return weights_;
}

void Parametrization::PullBack(std::span<const float> values, std::span<const float> weight_gradients,
                               std::span<float> value_gradients) const {
  for (const Full& part : full_) {
    CopyFlat(weight_gradients.data() + part.weight, part.size, value_gradients.data() + part.value);
  }
  for (const LowRank& part : low_rank_) {
    for (int64_t e = 0; e < part.experts; ++e) {
      const int64_t a = part.a + e * rank_ * part.in, b = part.b + e * part.out * rank_;
      const float* dw = weight_gradients.data() + part.weight + e * part.out * part.in;
      // dA = s B^T dW [rank, in], dB = s dW A^T [out, rank]
      Gemm(true, false, rank_, part.in, part.out, scale_, values.data() + b, rank_, dw, part.in, 0.0f,
           value_gradients.data() + a, part.in);
      Gemm(false, true, part.out, rank_, part.in, scale_, dw, part.in, values.data() + a, part.in, 0.0f,
           value_gradients.data() + b, rank_);
    }
  }
}

}  // namespace bantam
