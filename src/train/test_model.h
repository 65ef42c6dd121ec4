// What the tests of the trainer train: a model with the layout of a small Llama of which only the embedding and the head
// predict (logits = head . embedding[token]), while every other tensor is pulled towards a constant. For tests only.
#pragma once

#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "model/architecture.h"
#include "train/loss_model.h"

namespace bantam::testing {

inline Architecture SmallArchitecture(int64_t vocab_size = 32) {
  Architecture a;
  a.family = "llama";
  a.layers = 2;
  a.d_model = 32;
  a.heads = a.kv_heads = 2;
  a.head_dim = a.rope_dim = 16;
  a.d_ff = 64;
  a.vocab_size = vocab_size;
  a.context_length = 64;
  a.attention_scale = 0.25;
  a.Validate("small architecture");
  return a;
}

class BigramModel : public LossModel {
 public:
  explicit BigramModel(const Architecture& architecture)
      : layout_(architecture), d_(architecture.d_model), vocab_(architecture.vocab_size) {}

  const ParameterLayout& layout() const override { return layout_; }

  TrainingLoss Loss(std::span<const float> parameters, const TrainingBatch& batch) override {
    return Run(parameters, batch, 0.0, {}, nullptr);
  }
  std::vector<double> TokenNll(std::span<const float> parameters, const TrainingBatch& batch) override {
    std::vector<double> nll;
    Run(parameters, batch, 0.0, {}, &nll);
    return nll;
  }
  TrainingLoss Backward(std::span<const float> parameters, const TrainingBatch& batch, double scale, double,
                        std::span<float> gradients) override {
    ++backward_calls;
    return Run(parameters, batch, scale, gradients, nullptr);
  }

  int backward_calls = 0;
  int nan_at_call = -1;  // this call of Backward gives a NaN in blk.1.ffn_up.weight's gradient

 private:
  static constexpr double kPull = 0.01, kTarget = 0.5;

  double Pull(std::span<const float> parameters, const ParameterLayout::Entry& entry, double scale,
              std::span<float> gradients) const {
    double loss = 0.0;
    for (int64_t i = entry.offset; i < entry.offset + entry.size; ++i) {
      const double off = parameters[i] - kTarget;
      loss += 0.5 * kPull * off * off;
      if (!gradients.empty()) gradients[i] += static_cast<float>(scale * kPull * off);
    }
    return loss;
  }

  TrainingLoss Run(std::span<const float> parameters, const TrainingBatch& batch, double scale,
                   std::span<float> gradients, std::vector<double>* token_nll) {
    const int64_t embedding = layout_.At("token_embd.weight").offset, head = layout_.At("output.weight").offset;
    TrainingLoss loss;
    for (const float weight : batch.weights) loss.weight += weight;
    double pull = 0.0;
    for (const ParameterLayout::Entry& entry : layout_.entries()) {
      if (entry.offset != embedding && entry.offset != head) {
        pull += Pull(parameters, entry, scale * loss.weight, gradients);
      }
    }
    std::vector<double> p(vocab_);
    for (size_t t = 0; t < batch.tokens.size(); ++t) {
      if (batch.weights[t] == 0.0f) {
        if (token_nll != nullptr) token_nll->push_back(0.0);
        continue;
      }
      const float* x = parameters.data() + embedding + batch.tokens[t] * d_;
      double sum = 0.0;
      for (int64_t v = 0; v < vocab_; ++v) {
        double logit = 0.0;
        for (int64_t k = 0; k < d_; ++k) logit += static_cast<double>(parameters[head + v * d_ + k]) * x[k];
        sum += p[v] = std::exp(logit);
      }
      for (double& value : p) value /= sum;
      const double nll = -std::log(p[batch.targets[t]]) + pull;
      loss.weighted_nll += batch.weights[t] * nll;
      if (token_nll != nullptr) token_nll->push_back(nll);
      if (gradients.empty()) continue;
      for (int64_t v = 0; v < vocab_; ++v) {
        const double g = scale * batch.weights[t] * (p[v] - (v == batch.targets[t] ? 1.0 : 0.0));
        for (int64_t k = 0; k < d_; ++k) {
          gradients[embedding + batch.tokens[t] * d_ + k] += static_cast<float>(g * parameters[head + v * d_ + k]);
          gradients[head + v * d_ + k] += static_cast<float>(g * x[k]);
        }
      }
    }
    if (!gradients.empty() && backward_calls == nan_at_call) {
      gradients[layout_.At("blk.1.ffn_up.weight").offset + 3] = std::nanf("");
    }
    return loss;
  }

  ParameterLayout layout_;
  int64_t d_, vocab_;
};

}  // namespace bantam::testing
