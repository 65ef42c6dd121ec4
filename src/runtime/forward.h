// One pass of a chunk of tokens through all layers (the block is written out in model/architecture.h), and the logits of any
// of its rows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/thread_pool.h"
#include "runtime/encoded_rows.h"
#include "runtime/experts.h"
#include "runtime/kv_cache.h"
#include "runtime/rope.h"
#include "runtime/weights.h"

namespace bantam {

struct ForwardSizes {
  int64_t context = 0;     // positions of the cache
  int64_t chunk = 0;       // most tokens of one Run
  int64_t logit_rows = 0;  // most rows of one Logits
  DType kv = DType::kF16;
};

class Forward {
 public:
  Forward(const Weights& weights, const ForwardSizes& sizes, ThreadPool& pool);

  // Runs tokens at positions `position` and following; they see the positions before them in the cache.
  void Run(std::span<const int32_t> tokens, int64_t position);
  // Logits of rows [row, row + count) of the last Run: [count, vocab], valid until the next call.
  const float* Logits(int64_t row, int64_t count);

  uint64_t memory_bytes() const { return arena_.bytes(); }

 private:
  void Reserve(const ForwardSizes& sizes);
  void Embed(std::span<const int32_t> tokens, int64_t position);
  void AttentionInputs(const LayerWeights& layer, int64_t tokens);
  void StoreKeysAndValues(const LayerWeights& layer, int64_t index, int64_t tokens, int64_t position);
  void Attend(int64_t index, int64_t tokens, int64_t position);
  void AttentionOutput(const LayerWeights& layer, int64_t tokens);
  void RunMlp(const Mlp& mlp, int64_t tokens);
  void Normalize(const Norm& norm, const float* x, float* out) const;
  // Calls body(row) for every row in [0, rows).
  template <typename Body>
  void ForRows(int64_t rows, const Body& body);

  const Weights& weights_;
  const Architecture& a_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  RopeAngles angles_;
  Arena arena_;
  KvCache cache_;
  EncodedRows input_;                     // of the products that read the residual stream
  EncodedRows mixed_;                     // of the attention output and the down projections
  std::unique_ptr<ExpertLayer> experts_;  // null without any

  float* x_ = nullptr;        // [chunk, d_model]: the residual stream
  float* h_ = nullptr;        // [chunk, d_model]
  float* q_ = nullptr;        // [chunk, heads, head_dim]
  float* k_ = nullptr;        // [chunk, kv_heads, head_dim]
  float* v_ = nullptr;        // [chunk, kv_heads, head_dim]
  float* mix_ = nullptr;      // [chunk, heads, head_dim]: what attention gathers
  float* gate_ = nullptr;     // [chunk, d_ff]
  float* up_ = nullptr;       // [chunk, d_ff]
  float* scores_ = nullptr;   // [threads, score_stride_]
  float* cosines_ = nullptr;  // [chunk, rope_dim / 2]
  float* sines_ = nullptr;    // [chunk, rope_dim / 2]
  float* logits_ = nullptr;   // [logit_rows, vocab]
  int64_t score_stride_ = 0;  // context, rounded up to whole vectors
};

}  // namespace bantam
