// The float forward pass with taps: the oracle that runtime/ and every compression step are measured against.
//
// The block is the one of model/architecture.h. Matrix products sum in float in the order of the GEMM library; norms and
// softmax sum in double; everything else is rounded to float once per operation. Against exact arithmetic a product of inner
// dimension k is off by about sqrt(k) 2^-24 of its size, so logits come out within some 1e-6 of their standard deviation
// (transformer_test.cc derives it; 0.6e-6 to 6e-6 measured). llama.cpp in F32 differs by as little, except in models with
// GELU, where its table of half-precision values costs it about 4e-4. The same call gives the same bits for any number of
// threads; a sequence may round differently in another batch, because the products have other shapes there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "transformer/weights.h"

namespace bantam {

struct TransformerOptions {
  // Linear layers in bfloat16 with float sums, routers excepted; kUnsupported where GemmBf16Supported() is false.
  bool bf16 = false;
};

// Where a forward pass can be listened to. Rows of all sequences stand one after another: [total_tokens, width].
enum class TapKind {
  kBlockInput,   // residual stream entering block `layer`: [tokens, d_model]
  kBlockOutput,  // leaving it
  kLinearInput,  // input of the linear layer whose weight is `tensor`: [tokens, in]; for experts, the routed rows
  kAttention,    // probabilities of one sequence and head: [tokens, tokens]
  kLogits,       // [tokens, vocab]
};
struct TapEvent {
  TapKind kind;
  int64_t layer = -1;
  std::string_view tensor = {};  // kLinearInput
  int64_t sequence = -1, head = -1, expert = -1;
  int64_t rows = 0, columns = 0;
  const float* values = nullptr;            // [rows, columns], valid during the call
  std::span<const int64_t> row_index = {};  // kLinearInput of an expert: which row of the batch each row is
};
// Called on the caller's thread, one event after another, in the same order for any number of threads. An expert no row
// was routed to has no event.
using Tap = std::function<void(const TapEvent&)>;

class Transformer {
 public:
  // Decodes all weights to float.
  static std::unique_ptr<Transformer> Load(const Model& model, const TransformerOptions& options = {});
  // The same with the weights from anywhere; kFormat when `architecture` makes no sense or a tensor has a wrong size.
  static std::unique_ptr<Transformer> Create(const Architecture& architecture, const WeightSource& source,
                                             const TransformerOptions& options = {});
  ~Transformer();

  const Architecture& architecture() const;

  // Runs a batch of independent sequences (tokens in [0, vocab)), each attending to itself only, from position 0.
  // Returns logits [total_tokens, vocab], sequences one after another; no sequences, no logits. kUsage when a sequence
  // is empty or longer than the context, or a token is out of range.
  std::vector<float> Forward(std::span<const std::vector<int32_t>> sequences, const Tap& tap = {}) const;

 private:
  struct Impl;
  explicit Transformer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bantam
