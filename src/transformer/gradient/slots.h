// Where the tensors of each layer lie in the flat array of parameters, looked up once per model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transformer/parameter_layout.h"

namespace bantam {

struct VectorSlot {
  int64_t offset = -1, size = 0;  // offset -1: the architecture has no such tensor
  bool present() const { return offset >= 0; }
};

struct NormSlot {
  VectorSlot gain, bias;
  bool present() const { return gain.present(); }
};

// y = x W^T + b. Of experts, weight.offset is the first one's and they follow each other; they have no biases.
struct LinearSlot {
  VectorSlot weight, bias;
  int64_t out = 0, in = 0;
  bool present() const { return weight.present(); }
  LinearSlot Expert(int64_t expert) const;
};

struct FfnSlot {
  LinearSlot gate, up, down;
};

struct LayerSlots {
  NormSlot attn_norm, post_attention_norm, ffn_norm, post_ffw_norm, attn_q_norm, attn_k_norm;
  LinearSlot attn_q, attn_k, attn_v, attn_qkv, attn_output;
  FfnSlot ffn, experts, shared_expert;
  LinearSlot router, shared_gate;
  VectorSlot selection_bias;
};

struct ModelSlots {
  explicit ModelSlots(const ParameterLayout& layout, int64_t layers);

  VectorSlot token_embedding, position_embedding;
  std::vector<LayerSlots> layers;
  NormSlot output_norm;
  LinearSlot head;  // of a tied model the token embedding
};

}  // namespace bantam
