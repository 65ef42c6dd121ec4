// A model architecture as data: the switches both forward passes read. A family file (families/) fills it in from a
// Hugging Face config.json or from GGUF metadata; nothing else in Bantam asks which family a model is.
//
// The block every supported family is an instance of (x: [tokens, d_model]):
//
//   x  = embedding[token] * embedding_scale (+ position_embedding[position])
//   h  = norm(x; attn_norm)
//   q  = h Wq^T + bq                                        [tokens, heads, head_dim]
//   k  = h Wk^T + bk,  v = h Wv^T + bv                      [tokens, kv_heads, head_dim]
//   q  = rope(qk_norm(q)),  k = rope(qk_norm(k))
//   a  = softmax(mask(soft_cap(q k^T * attention_scale; attention_soft_cap))) v     causal, windowed on sliding layers
//   a  = a Wo^T + bo;  a = norm(a; post_attention_norm);  x += a
//   h  = norm(x; ffn_norm);  f = mlp(h) or experts(h);  f = norm(f; post_ffw_norm);  x += f
//   logits = soft_cap(norm(x; output_norm) Whead^T; logit_soft_cap)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace bantam {

enum class NormKind { kRms, kLayer };          // kLayer: mean-centred, with bias
enum class PositionKind { kRope, kLearned };   // kLearned: position_embd.weight, no RoPE
enum class RopeStyle { kInterleaved, kHalf };  // pairs (2i, 2i+1), or (i, i + rope_dim/2)
enum class QkNorm { kNone, kPerHead, kFull };  // RMS over each head's head_dim, or over the whole row of all heads
enum class Activation { kSilu, kGeluTanh, kGeluErf };
enum class RouterKind { kSoftmax, kSigmoid };

struct MoeArchitecture {
  int64_t experts = 0, experts_used = 0;
  int64_t expert_ff = 0;     // hidden width of one routed expert
  int64_t shared_ff = 0;     // hidden width of the shared expert (all of them together); 0: none
  bool shared_gate = false;  // the shared expert's output is scaled by sigmoid(h . ffn_gate_inp_shexp)
  RouterKind router = RouterKind::kSoftmax;
  bool selection_bias = false;       // exp_probs_b.bias is added to the scores for selection only
  bool normalize_weights = false;    // the chosen experts' weights are divided by their sum
  double weights_scale = 1.0;        // and then multiplied by this
  int64_t leading_dense_layers = 0;  // the first layers have a dense FFN

  bool operator==(const MoeArchitecture&) const = default;
};

struct Architecture {
  // GGUF's general.architecture: "llama" (Mistral and Mixtral too), "qwen2", "qwen3", "gemma", "gemma2", "gpt2",
  // "olmoe", "qwen2moe", "qwen3moe", "dots1".
  std::string family;
  std::string name;  // general.name; a config.json has none, so Model::Open takes the folder's; may be empty

  // All reals below are values of float: what a GGUF stores, so that a config.json and the GGUF made from it agree
  // exactly.

  int64_t layers = 0, d_model = 0, heads = 0, kv_heads = 0, head_dim = 0, d_ff = 0, vocab_size = 0, context_length = 0;

  NormKind norm = NormKind::kRms;
  double norm_eps = 1e-5;
  bool post_norms = false;  // gemma2: post_attention_norm and post_ffw_norm
  QkNorm qk_norm = QkNorm::kNone;

  PositionKind position = PositionKind::kRope;
  RopeStyle rope_style = RopeStyle::kInterleaved;
  int64_t rope_dim = 0;  // leading dimensions of a head that rotate
  double rope_theta = 10000.0;
  double rope_linear_factor = 1.0;  // positions are divided by this
  // Per pair of dimensions, frequencies are divided by these (Llama 3.1's scaling; rope_freqs.weight in a GGUF).
  std::vector<float> rope_freq_factors;  // [rope_dim / 2], or empty

  bool qkv_bias = false, attention_output_bias = false, ffn_bias = false;
  bool fused_qkv = false;        // gpt2: attn_qkv.weight [q_dim + 2 * kv_dim, d_model], rows q, k, v
  double attention_scale = 0.0;  // 1 / sqrt(head_dim) for most
  double attention_soft_cap = 0.0, logit_soft_cap = 0.0;  // 0: none
  int64_t sliding_window = 0;                             // positions a token sees, itself included; 0: all
  int64_t sliding_pattern = 1;  // layer l slides when l % pattern < pattern - 1; 1: every layer slides
  double embedding_scale = 1.0;

  bool gated_ffn = true;  // down(act(gate x) * up x); else down(act(up x))
  Activation activation = Activation::kSilu;
  bool tied_embeddings = false;  // no output.weight: the head is token_embd.weight
  std::optional<MoeArchitecture> moe;
  const MoeArchitecture& Moe() const;  // kInternal when the model has no experts

  int64_t q_dim() const { return heads * head_dim; }
  int64_t kv_dim() const { return kv_heads * head_dim; }
  bool LayerSlides(int64_t layer) const {
    return sliding_window > 0 && (sliding_pattern <= 1 || layer % sliding_pattern < sliding_pattern - 1);
  }
  bool LayerIsMoe(int64_t layer) const { return moe.has_value() && layer >= moe->leading_dense_layers; }

  bool operator==(const Architecture&) const = default;

  // Checks every number against sense (positive, divisible, within bounds); kFormat naming `where` and the field. After
  // it no product of dimensions overflows int64 (architecture.cc states the bounds).
  void Validate(const std::string& where) const;
};

// What a tensor is for; decides default types when quantising and how memory is reported.
enum class TensorRole {
  kEmbedding,
  kOutput,
  kPosition,
  kNorm,
  kBias,
  kAttention,
  kFfn,
  kExpert,
  kRouter,
  kRopeFactors
};

struct TensorSpec {
  std::string name;  // GGUF name
  Shape shape;       // outermost first
  TensorRole role = TensorRole::kAttention;
  int64_t layer = -1;
  bool required = true;  // false: rope_freqs.weight, which repeats rope_freq_factors

  bool operator==(const TensorSpec&) const = default;
};

// Every tensor of this architecture (already validated) under its GGUF name, in file order. The one list that loading,
// conversion, counting and random test models all use. rope_freqs.weight is listed when rope_freq_factors are there.
std::vector<TensorSpec> TensorSpecs(const Architecture& architecture);

}  // namespace bantam
