// What a step of training minimises, and the place in the data it has reached.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "train/loss_model.h"

namespace bantam {

struct ObjectiveStep {
  double loss = 0.0;                                // of the batch, before the router losses
  int64_t tokens = 0;                               // predictions in it
  Json figures = Json::object();                    // more that is worth logging
  std::vector<std::vector<int64_t>> expert_tokens;  // [layers][experts]; empty for a dense layer or model
};

class Objective {
 public:
  virtual ~Objective() = default;

  // Takes the next batch and adds its gradient with respect to the weights. kCancelled between micro-batches when a stop was
  // requested; the gradients are then of no use and the place in the data has to be restored.
  virtual ObjectiveStep Backward(LossModel& model, std::span<const float> weights, std::span<float> gradients) = 0;

  virtual Json State() const = 0;
  virtual void Restore(const Json& state, const std::string& where) = 0;
};

// sum += of the tokens that each expert got.
void AddExpertTokens(const std::vector<std::vector<int64_t>>& more, std::vector<std::vector<int64_t>>& sum);

}  // namespace bantam
