// A model that can be trained: the loss of a batch and its gradient with respect to every parameter.
//
// The same arithmetic as Transformer (transformer.h), in float or in double. Parameters come from outside as one flat array
// (parameter_layout.h), so that a trainer may pass what it likes: master weights, weights with a low-rank update added,
// weights rounded to a grid (the gradient is then the straight-through one). The same call gives the same bits for any number
// of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "transformer/parameter_layout.h"

namespace bantam {

// Rows whose logits are in memory at once: 32 MB of float for a vocabulary of 16384, and tall enough for the products.
constexpr int64_t kHeadRows = 512;

struct TrainingOptions {
  // Linear layers in bfloat16 with float sums, forward and backward, routers excepted; T = float only; kUnsupported where
  // GemmBf16Supported() is false.
  bool bf16 = false;
  // Keep only the input of each block and run its forward again on the way back: a block's activations in memory instead of all
  // blocks', a third more time. The gradients are the same bits.
  bool recompute = false;
  // Weights of the router losses, means over the tokens of a batch and the MoE layers (0: none):
  // z: mean (logsumexp of the router's logits)^2 (arXiv:2202.08906); balance: experts * sum_e share of tokens_e * mean p_e
  // (Switch Transformer, arXiv:2101.03961).
  double router_z_loss = 0.0, balance_loss = 0.0;
};

struct TrainingBatch {
  std::vector<int32_t> tokens;  // [tokens], documents one after another
  std::vector<int64_t>
      document_begin;            // [documents + 1], from 0 to tokens; attention and positions stay within a document
  std::vector<int32_t> targets;  // [tokens]: what should follow; not looked at where the weight is 0
  std::vector<float> weights;    // [tokens]: of each position's cross-entropy; may be negative
};

struct TrainingLoss {
  double weighted_nll = 0.0, weight = 0.0;          // sum of weight * negative log-likelihood (nats), sum of weights
  double router_z = 0.0, balance = 0.0;             // before their coefficients; 0 for dense models
  std::vector<std::vector<int64_t>> expert_tokens;  // [layers][experts]: tokens sent to each; empty for a dense layer
};

template <typename T>
class TrainableTransformer {
 public:
  // kFormat when the architecture makes no sense, kUnsupported for what has no backward pass.
  explicit TrainableTransformer(const Architecture& architecture, const TrainingOptions& options = {});
  ~TrainableTransformer();

  const Architecture& architecture() const;
  const ParameterLayout& layout() const;

  // parameters: [layout().size()]. kUsage when a document is longer than the context or a token is out of range.
  TrainingLoss Loss(std::span<const T> parameters, const TrainingBatch& batch);

  // Negative log-likelihood of each target in nats, [tokens]; 0 where the weight is 0.
  std::vector<double> TokenNll(std::span<const T> parameters, const TrainingBatch& batch);

  // gradients [layout().size()] += d/dparameters (scale * sum weight * NLL + auxiliary_scale * (router losses times their
  // coefficients)). selection biases get none.
  TrainingLoss Backward(std::span<const T> parameters, const TrainingBatch& batch, double scale, double auxiliary_scale,
                        std::span<T> gradients);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

extern template class TrainableTransformer<float>;
extern template class TrainableTransformer<double>;

}  // namespace bantam
