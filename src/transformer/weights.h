// The weights of a model as the float forward pass uses them: every tensor of the architecture, decoded once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/architecture.h"

namespace bantam {

// Gives the floats of a tensor by its GGUF name, in GGUF layout. It is asked for the names of TensorSpecs(architecture)
// only.
using WeightSource = std::function<std::vector<float>(const std::string& name)>;

// y = x W^T + b: one matrix, or one per expert without biases. Either `values` or `bf16` is filled.
struct LinearWeights {
  std::string name;  // of the weight tensor; empty: the architecture has no such layer
  int64_t experts = 1, out = 0, in = 0;
  std::shared_ptr<const std::vector<float>> values;  // [experts, out, in]; a tied head shares the embedding's
  std::vector<uint16_t> bf16;                        // [experts, out, in]
  std::vector<float> bias;                           // [out] or empty
};

struct NormWeights {
  std::vector<float> gain;  // empty: the architecture has no such norm
  std::vector<float> bias;  // LayerNorm only
};

// A gated or plain feed-forward layer, of one expert or of many.
struct FfnWeights {
  LinearWeights gate, up, down;
};

struct FloatLayerWeights {
  NormWeights attn_norm, post_attention_norm, ffn_norm, post_ffw_norm;
  NormWeights attn_q_norm, attn_k_norm;
  LinearWeights attn_q, attn_k, attn_v, attn_qkv, attn_output;
  FfnWeights ffn;  // dense layers
  LinearWeights router;
  std::vector<float> selection_bias;  // [experts] or empty
  FfnWeights experts, shared_expert;
  LinearWeights shared_gate;  // [1, d_model]
};

struct TransformerWeights {
  std::shared_ptr<const std::vector<float>> token_embedding;  // [vocab, d_model]
  std::vector<float> position_embedding;                      // [context, d_model] or empty
  std::vector<FloatLayerWeights> layers;
  NormWeights output_norm;
  LinearWeights head;  // of a tied model named token_embd.weight
};

// Asks for every tensor of the architecture. kFormat when one comes back with another number of values. `bf16` rounds
// the linear layers; routers and the shared expert's gate stay float, because a choice of experts does not round.
TransformerWeights LoadWeights(const Architecture& architecture, const WeightSource& source, bool bf16);

}  // namespace bantam
