// The mixture-of-experts feed-forward layer: every token picks a few experts, each expert then works through its tokens.
//
//   score = softmax(router h) or sigmoid(router h);  chosen = the experts_used largest of score + selection_bias
//   w[e]  = score[e] (/ max(sum of the chosen scores, 2^-14), when normalised) * weights_scale
//   out   = sum over the chosen e, best first, of w[e] * down_e(act(gate_e h) * up_e h)
//         + [sigmoid(shared_gate . h)] * shared(h)
//
// Equal scores go to the expert with the lower number.
#pragma once

#include <cstdint>

#include "runtime/encoded_rows.h"
#include "runtime/weights.h"

namespace bantam {

class ExpertLayer {
 public:
  // Buffers for up to `tokens` tokens; the layer must not move before Arena::Allocate().
  ExpertLayer(const Weights& weights, int64_t tokens, Arena& arena);
  ExpertLayer(const ExpertLayer&) = delete;
  ExpertLayer& operator=(const ExpertLayer&) = delete;

  // The input must be encoded for these.
  void AddInputs(const Experts& experts, EncodedRows& input) const;
  // out: [tokens, d_model]
  void Run(const Experts& experts, const EncodedRows& input, int64_t tokens, ThreadPool& pool, float* out);

 private:
  void Route(const Experts& experts, const EncodedRows& input, int64_t tokens, ThreadPool& pool);
  void Choose(const Experts& experts, int64_t token);
  void GroupByExpert(int64_t tokens);
  void Combine(const Experts& experts, int64_t token, float* out) const;

  const Architecture& a_;
  const Kernels& kernels_;
  EncodedRows hidden_, shared_hidden_;  // inputs of the down projections

  // A slot is one chosen expert of one token: token * experts_used + rank.
  float* scores_ = nullptr;          // [tokens, experts]
  float* shared_scale_ = nullptr;    // [tokens]
  int32_t* chosen_ = nullptr;        // [slots]
  float* slot_weights_ = nullptr;    // [slots]
  int32_t* group_begin_ = nullptr;   // [experts + 1], of the two below
  int32_t* group_slots_ = nullptr;   // [slots], by expert
  int32_t* group_tokens_ = nullptr;  // [slots], their tokens
  float* gate_ = nullptr;            // [slots, expert_ff]
  float* up_ = nullptr;              // [slots, expert_ff]
  float* down_ = nullptr;            // [slots, d_model]
  float* shared_gate_ = nullptr;     // [tokens, shared_ff]
  float* shared_up_ = nullptr;       // [tokens, shared_ff]
  float* shared_down_ = nullptr;     // [tokens, d_model]
  Product* products_ = nullptr;      // [2 * experts + 2]
};

}  // namespace bantam
