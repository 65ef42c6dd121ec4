// A language model in torch operations, in double, written from the block's formulas (src/model/architecture.h) and from the
// papers: Llama (dense) and mixtures of experts such as Mixtral and dots1. It is a judge: every step is the plainest one that
// autograd can differentiate, so experts are computed for all tokens and masks are whole matrices.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct TorchModel {
  int64_t layers, heads, kv_heads;
  double norm_eps;
  bool qk_norm;  // per head
  bool rope_interleaved;
  int64_t rope_dim;
  double rope_theta;
  double attention_scale;
  std::vector<int64_t> windows;  // of each layer, 0: none
  int64_t experts_used;
  bool router_sigmoid, normalize_weights;
  double weights_scale;
  std::map<std::string, at::Tensor> parameters;  // by GGUF name
};

struct TorchBatch {
  at::Tensor tokens, targets;  // [tokens], int64
  at::Tensor weights;          // [tokens]
  at::Tensor document_begin;   // [documents + 1]
};

struct TorchLosses {
  at::Tensor weighted_nll, router_z, balance;  // scalars; the last two are means over the layers with experts
};

TorchLosses Losses(const TorchModel& model, const TorchBatch& batch);
