// From the values that are trained to the weights that the model computes with, and gradients back.
//
//   full    W = value                                          tensors that `freeze` names keep their first weights
//   LoRA    W = W0 + (alpha / rank) B A                         (arXiv:2106.09685) A: [rank, in], B: [out, rank], per expert; all
//                                                              other tensors are frozen
//   QAT     W~ = FakeQuantInt4(W) on top of either             straight-through gradient (fake_quant.h)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "transformer/parameter_layout.h"

namespace bantam {

struct LoraOptions {
  int64_t rank = 0;
  double alpha = 0.0;
  std::vector<std::string> targets;  // regexes of matrices
};

struct QatOptions {
  std::vector<std::string> targets;  // regexes of matrices; routers among them are left out
};

struct ParametrizationOptions {
  std::vector<std::string> freeze = {};
  std::optional<LoraOptions> lora = {};
  std::optional<QatOptions> qat = {};
  bool decay_embeddings = false;
  uint64_t seed = 0;
};

class Parametrization {
 public:
  // A named piece of the flat array of values.
  struct Trainable {
    std::string name;
    Shape shape;
    int64_t offset = 0, size = 0;
    bool decays = false;         // matrices do; norms and biases do not, embeddings when asked for
    bool hidden_matrix = false;  // [(experts,) out, in] of a layer: no embedding, head, router or factor of LoRA
  };

  // `weights`: [layout.size()], where training starts. `where` names the recipe; kUsage naming it for patterns that match
  // nothing, and when nothing is left to train. The layout must outlive the object.
  Parametrization(const ParameterLayout& layout, std::vector<float> weights, const ParametrizationOptions& options,
                  const std::string& where);

  const std::vector<Trainable>& trainables() const { return trainables_; }
  int64_t size() const { return trainables_.back().offset + trainables_.back().size; }

  // The values training starts from: the weights themselves; A random, B zero.
  std::vector<float> InitialValues() const;

  // What the model computes with: [layout.size()], valid until the next call.
  std::span<const float> Weights(std::span<const float> values) { return Compute(values, true); }
  // The same before QAT's rounding: what is stored, to be rounded once more by whoever quantises the file.
  std::span<const float> MasterWeights(std::span<const float> values) { return Compute(values, false); }
  // One flag per entry of the layout: under QAT.
  const std::vector<bool>& quantized() const { return quantized_; }

  // dL/dvalues from dL/dweights.
  void PullBack(std::span<const float> values, std::span<const float> weight_gradients,
                std::span<float> value_gradients) const;

 private:
  struct Full {
    int64_t weight = 0, value = 0, size = 0;  // offsets
  };
  struct LowRank {
    int64_t weight = 0, a = 0, b = 0;  // offsets
    int64_t experts = 1, out = 0, in = 0;
  };

  int64_t AddTrainable(std::string name, Shape shape, bool decays);
  void AddFull(const ParameterLayout::Entry& entry, bool decay_embeddings);
  void AddLowRank(const ParameterLayout::Entry& entry);
  void ChooseLora(const LoraOptions& lora, const std::string& where);
  void ChooseQat(const QatOptions& qat, const std::string& where);
  std::span<const float> Compute(std::span<const float> values, bool quantize);
  void MergeLowRank(const LowRank& part, std::span<const float> values);

  const ParameterLayout& layout_;
  uint64_t seed_;
  int64_t rank_ = 0;
  float scale_ = 0.0f;          // alpha / rank
  std::vector<float> base_;     // the first weights, where LoRA or QAT need them again; else empty
  std::vector<float> weights_;  // as last computed
  std::vector<Trainable> trainables_;
  std::vector<Full> full_;
  std::vector<LowRank> low_rank_;
  std::vector<bool> quantized_;
};

}  // namespace bantam
