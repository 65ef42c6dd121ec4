#include "train/loss_model.h"

namespace bantam {
namespace {

class TransformerLossModel : public LossModel {
 public:
  TransformerLossModel(const Architecture& architecture, const TrainingOptions& options)
      : transformer_(architecture, options) {}

  const ParameterLayout& layout() const override { return transformer_.layout(); }

  TrainingLoss Loss(std::span<const float> parameters, const TrainingBatch& batch) override {
    return transformer_.Loss(parameters, batch);
  }

  std::vector<double> TokenNll(std::span<const float> parameters, const TrainingBatch& batch) override {
    return transformer_.TokenNll(parameters, batch);
  }

  TrainingLoss Backward(std::span<const float> parameters, const TrainingBatch& batch, double scale,
                        double auxiliary_scale, std::span<float> gradients) override {
    return transformer_.Backward(parameters, batch, scale, auxiliary_scale, gradients);
  }

 private:
  TrainableTransformer<float> transformer_;
};

}  // namespace

std::unique_ptr<LossModel> MakeTransformerLossModel(const Architecture& architecture, const TrainingOptions& options) {
  return std::make_unique<TransformerLossModel>(architecture, options);
}

}  // namespace bantam
