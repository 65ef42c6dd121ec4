// What the trainer trains: anything with a flat array of parameters, a loss and its gradient. The seam between the trainer and
// the transformer, so that tests can train something small.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "transformer/trainable.h"

namespace bantam {

class LossModel {
 public:
  virtual ~LossModel() = default;
  // All as TrainableTransformer<float> (transformer/trainable.h) has them.
  virtual const ParameterLayout& layout() const = 0;
  virtual TrainingLoss Loss(std::span<const float> parameters, const TrainingBatch& batch) = 0;
  virtual std::vector<double> TokenNll(std::span<const float> parameters, const TrainingBatch& batch) = 0;
  virtual TrainingLoss Backward(std::span<const float> parameters, const TrainingBatch& batch, double scale,
                                double auxiliary_scale, std::span<float> gradients) = 0;
};

std::unique_ptr<LossModel> MakeTransformerLossModel(const Architecture& architecture, const TrainingOptions& options);

}  // namespace bantam
