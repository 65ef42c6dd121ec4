#include "transformer/transformer.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "math/gemm.h"
#include "transformer/block.h"
#include "transformer/ops/embedding.h"
#include "transformer/ops/soft_cap.h"

namespace bantam {

struct Transformer::Impl {
  Architecture architecture;
  TransformerWeights weights;
};

namespace {

void CheckSequence(const Architecture& a, std::span<const int32_t> tokens, size_t index) {
  const std::string where = fmt::format("sequence {}", index);
  const int64_t length = static_cast<int64_t>(tokens.size());
  if (length == 0) Fail(ErrorCode::kUsage, "no tokens", where);
  if (length > a.context_length) {
    Fail(ErrorCode::kUsage, fmt::format("{} tokens, the model's context is {}", length, a.context_length), where,
         "cut the text into windows");
  }
  for (const int32_t token : tokens) {
    if (token >= 0 && token < a.vocab_size) continue;
    Fail(ErrorCode::kUsage, fmt::format("token {} is not in the vocabulary of {}", token, a.vocab_size), where,
         "use the tokenizer of this model");
  }
}

// x [tokens, d_model]: embeddings of all sequences, one after another.
std::vector<float> Embed(const Architecture& a, const TransformerWeights& weights,
                         std::span<const std::vector<int32_t>> sequences, int64_t tokens) {
  std::vector<float> x(tokens * a.d_model);
  int64_t first = 0;
  for (const std::vector<int32_t>& sequence : sequences) {
    const int64_t end = first + static_cast<int64_t>(sequence.size());
    const std::span<float> rows = RowRange(std::span(x), a.d_model, first, end);
    EmbeddingForward<float>(*weights.token_embedding, sequence, a.embedding_scale, rows);
    if (a.position == PositionKind::kLearned) PositionEmbeddingForward<float>(weights.position_embedding, rows);
    first = end;
  }
  return x;
}

}  // namespace

std::unique_ptr<Transformer> Transformer::Load(const Model& model, const TransformerOptions& options) {
  return Create(model.architecture(), [&](const std::string& name) { return model.LoadFloats(name); }, options);
}

std::unique_ptr<Transformer> Transformer::Create(const Architecture& architecture, const WeightSource& source,
                                                 const TransformerOptions& options) {
  architecture.Validate("architecture");
  if (options.bf16 && !GemmBf16Supported()) {
    Fail(ErrorCode::kUnsupported, "bfloat16 products need oneDNN and a CPU with AVX-512", "bf16", "leave bf16 off");
  }
  auto impl = std::make_unique<Impl>();
  impl->architecture = architecture;
  impl->weights = LoadWeights(architecture, source, options.bf16);
  return std::unique_ptr<Transformer>(new Transformer(std::move(impl)));
}

Transformer::Transformer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transformer::~Transformer() = default;

const Architecture& Transformer::architecture() const { return impl_->architecture; }

std::vector<float> Transformer::Forward(std::span<const std::vector<int32_t>> sequences, const Tap& tap) const {
  const Architecture& a = impl_->architecture;
  const TransformerWeights& weights = impl_->weights;
  std::vector<int64_t> sequence_begin{0};
  int64_t longest = 0;
  for (size_t s = 0; s < sequences.size(); ++s) {
    CheckSequence(a, sequences[s], s);
    const int64_t length = static_cast<int64_t>(sequences[s].size());
    longest = std::max(longest, length);
    sequence_begin.push_back(sequence_begin.back() + length);
  }
  const int64_t tokens = sequence_begin.back();
  if (tokens == 0) return {};

  const RopeTable<float> rope(a, a.position == PositionKind::kRope ? longest : 0);
  const ForwardContext context{.architecture = a, .rope = rope, .sequence_begin = sequence_begin, .tap = tap};
  std::vector<float> x = Embed(a, weights, sequences, tokens);  // [tokens, d_model]
  const auto tell = [&](TapKind kind, int64_t layer, int64_t columns, const std::vector<float>& values) {
    if (tap) tap({.kind = kind, .layer = layer, .rows = tokens, .columns = columns, .values = values.data()});
  };
  for (int64_t layer = 0; layer < a.layers; ++layer) {
    tell(TapKind::kBlockInput, layer, a.d_model, x);
    AttentionHalf(context, layer, weights.layers[layer], x);
    FeedForwardHalf(context, layer, weights.layers[layer], x);
    tell(TapKind::kBlockOutput, layer, a.d_model, x);
  }
  ApplyNorm(a, weights.output_norm, x, x);
  std::vector<float> logits = ApplyLinear(context, -1, weights.head, x, tokens);  // [tokens, vocab]
  ForRows(tokens, [&](int64_t begin, int64_t end) {
    SoftCapForward<float>(a.logit_soft_cap, RowRange(std::span(logits), a.vocab_size, begin, end));
  });
  tell(TapKind::kLogits, -1, a.vocab_size, logits);
  return logits;
}

}  // namespace bantam
