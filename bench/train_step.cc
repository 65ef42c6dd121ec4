// bantam-train-step [THREADS [WARM_UP [STEPS]]]: tokens per second of Bantam's training step in bfloat16 (train_setup.h).
#include <algorithm>
#include <cmath>
#include <iostream>

#include "base/error.h"
#include "math/gemm.h"
#include "train/adamw.h"
#include "train/gradient_norm.h"
#include "train_setup.h"
#include "transformer/trainable.h"

namespace {

using namespace bantam;
using namespace train_bench;

Architecture Shape() {
  Architecture a;
  a.family = "llama";
  a.layers = kLayers;
  a.d_model = kWidth;
  a.heads = a.kv_heads = kHeads;
  a.head_dim = a.rope_dim = kHeadDim;
  a.d_ff = kFeedForward;
  a.vocab_size = kVocab;
  a.context_length = kLength;
  a.norm_eps = kNormEps;
  a.rope_theta = kRopeTheta;
  a.attention_scale = 1 / std::sqrt(static_cast<double>(kHeadDim));
  a.tied_embeddings = true;
  return a;
}

std::vector<float> FirstParameters(const ParameterLayout& layout) {
  std::vector<float> parameters(layout.size(), 1.0f);
  for (const auto& [spec, offset, size] : layout.entries()) {
    if (spec.role == TensorRole::kNorm) continue;
    for (int64_t i = offset; i < offset + size; ++i) parameters[i] = FirstWeight(i);
  }
  return parameters;
}

std::vector<DecayRange> DecayRanges(const ParameterLayout& layout) {
  std::vector<DecayRange> ranges;
  for (const auto& [spec, offset, size] : layout.entries()) {
    const bool decays = spec.role != TensorRole::kNorm && spec.role != TensorRole::kEmbedding;
    ranges.push_back({.begin = offset, .end = offset + size, .decays = decays});
  }
  return ranges;
}

TrainingBatch Documents() {
  Batch batch = FirstBatch();
  TrainingBatch result{.tokens = std::move(batch.tokens),
                       .document_begin = {},
                       .targets = std::move(batch.targets),
                       .weights = std::vector<float>(kTokens, 1.0f)};
  for (int64_t begin = 0; begin <= kTokens; begin += kLength) result.document_begin.push_back(begin);
  return result;
}

void Measure(const Arguments& arguments) {
  SetGemmThreads(arguments.threads);
  TrainableTransformer<float> model(Shape(), {.bf16 = true});
  std::vector<float> parameters = FirstParameters(model.layout()), gradients(parameters.size());
  AdamW optimizer({.beta1 = kBeta1, .beta2 = kBeta2, .eps = kEps, .weight_decay = kDecay}, DecayRanges(model.layout()),
                  model.layout().size());
  const TrainingBatch batch = Documents();
  MeasureSteps(arguments, [&](int64_t step) {
    std::fill(gradients.begin(), gradients.end(), 0.0f);
    const TrainingLoss loss = model.Backward(parameters, batch, 1.0 / kTokens, 0.0, gradients);
    ClipGradients(gradients, GradientNorm(gradients), kClip);
    optimizer.Update(step, kLearningRate, gradients, parameters);
    return loss.weighted_nll / loss.weight;
  });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Measure(Arguments(argc, argv));
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return ExitStatus(error.code());
  }
}
