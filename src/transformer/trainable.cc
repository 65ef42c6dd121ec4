#include "transformer/trainable.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include <fmt/core.h>

#include "base/error.h"
#include "math/gemm.h"
#include "transformer/gradient/attention_half.h"
#include "transformer/gradient/feed_forward_half.h"
#include "transformer/gradient/head.h"
#include "transformer/ops/embedding.h"

namespace bantam {
namespace {

void CheckBatch(const Architecture& a, const TrainingBatch& batch) {
  const size_t tokens = batch.tokens.size();
  const auto& begin = batch.document_begin;
  if (tokens == 0 || batch.targets.size() != tokens || batch.weights.size() != tokens || begin.size() < 2 ||
      begin.front() != 0 || begin.back() != static_cast<int64_t>(tokens)) {
    Fail(ErrorCode::kUsage, "the batch's arrays do not belong together", "training batch");
  }
  for (size_t document = 0; document + 1 < begin.size(); ++document) {
    const int64_t length = begin[document + 1] - begin[document];
    if (length > 0 && length <= a.context_length) continue;
    Fail(ErrorCode::kUsage, fmt::format("{} tokens, the model's context is {}", length, a.context_length),
         fmt::format("training batch, document {}", document));
  }
  const auto inside = [&](int32_t token) { return token >= 0 && token < a.vocab_size; };
  for (size_t t = 0; t < tokens; ++t) {
    if (inside(batch.tokens[t]) && (batch.weights[t] == 0.0f || inside(batch.targets[t]))) continue;
    Fail(ErrorCode::kUsage, fmt::format("a token is not in the vocabulary of {}", a.vocab_size),
         fmt::format("training batch, position {}", t));
  }
}

std::vector<int64_t> Positions(const TrainingBatch& batch) {
  std::vector<int64_t> positions;
  for (size_t document = 0; document + 1 < batch.document_begin.size(); ++document) {
    for (int64_t p = 0; p < batch.document_begin[document + 1] - batch.document_begin[document]; ++p) {
      positions.push_back(p);
    }
  }
  return positions;
}

// A pass with one choice of operand type behind it.
template <typename T>
class Engine {
 public:
  virtual ~Engine() = default;
  // nll: [tokens]; gradients: null in a forward pass.
  virtual TrainingLoss Run(std::span<const T> parameters, const TrainingBatch& batch, double scale,
                           double auxiliary_scale, std::span<double> nll, T* gradients) = 0;
};

template <typename T, typename E>
class EngineOf : public Engine<T> {
 public:
  EngineOf(const Architecture& architecture, const TrainingOptions& options, const ParameterLayout& layout)
      : a_(architecture),
        options_(options),
        slots_(layout, architecture.layers),
        rope_(architecture, architecture.position == PositionKind::kRope ? architecture.context_length : 0) {}

  TrainingLoss Run(std::span<const T> parameters, const TrainingBatch& batch, double scale, double auxiliary_scale,
                   std::span<double> nll, T* gradients) override {
    const std::vector<int64_t> positions = Positions(batch);
    const Pass<T, E> pass{.architecture = a_,
                          .options = options_,
                          .parameters = parameters.data(),
                          .operands = Operands(parameters),
                          .gradients = gradients,
                          .document_begin = batch.document_begin,
                          .positions = positions,
                          .rope = rope_,
                          .auxiliary_scale = auxiliary_scale};
    TrainingLoss loss;
    loss.expert_tokens.resize(a_.layers);
    const bool backward = gradients != nullptr;
    // Other passes need one block only, but none is given up: passes of both kinds in turn allocate nothing anew.
    const bool keep_all = backward && !options_.recompute;
    blocks_.resize(std::max<size_t>(blocks_.size(), keep_all ? a_.layers : 1));
    x_.Resize(pass.tokens() * a_.d_model);
    Embed(pass, batch);
    if (backward && options_.recompute) inputs_.resize(a_.layers);
    for (int64_t layer = 0; layer < a_.layers; ++layer) {
      if (backward && options_.recompute) {
        inputs_[layer].Resize(x_.size());
        ConvertRows<T, T>(std::span<const T>(x_), inputs_[layer].data());
      }
      BlockForward(pass, layer, blocks_[keep_all ? layer : 0], loss);
    }
    HeadLoss(pass, slots_, batch, scale, std::span<T>(x_), nll, head_, loss);
    if (!backward) return loss;
    for (int64_t layer = a_.layers - 1; layer >= 0; --layer) BlockBackward(pass, layer);
    EmbedBackward(pass, batch);
    return loss;
  }

 private:
  struct Block {
    AttentionActivations<T, E> attention;
    FeedForwardActivations<T, E> feed_forward;
  };

  const E* Operands(std::span<const T> parameters) {
    if constexpr (std::is_same_v<T, E>) {
      return parameters.data();
    } else {
      operands_.Resize(static_cast<int64_t>(parameters.size()));
      ConvertRows<T, E>(parameters, operands_.data());
      return operands_.data();
    }
  }

  void Embed(const Pass<T, E>& pass, const TrainingBatch& batch) {
    const std::span table(pass.parameters + slots_.token_embedding.offset, slots_.token_embedding.size);
    EmbeddingForward<T>(table, batch.tokens, a_.embedding_scale, x_);
    if (a_.position != PositionKind::kLearned) return;
    const std::span positions(pass.parameters + slots_.position_embedding.offset, slots_.position_embedding.size);
    for (size_t document = 0; document + 1 < batch.document_begin.size(); ++document) {
      PositionEmbeddingForward<T>(positions, RowRange(std::span<T>(x_), a_.d_model, batch.document_begin[document],
                                                      batch.document_begin[document + 1]));
    }
  }

  void EmbedBackward(const Pass<T, E>& pass, const TrainingBatch& batch) {
    const std::span table(pass.gradients + slots_.token_embedding.offset, slots_.token_embedding.size);
    EmbeddingBackward<T>(std::span<const T>(x_), batch.tokens, a_.embedding_scale, table);
    if (a_.position != PositionKind::kLearned) return;
    const std::span positions(pass.gradients + slots_.position_embedding.offset, slots_.position_embedding.size);
    for (size_t document = 0; document + 1 < batch.document_begin.size(); ++document) {
      PositionEmbeddingBackward<T>(RowRange(std::span<const T>(x_), a_.d_model, batch.document_begin[document],
                                            batch.document_begin[document + 1]),
                                   positions);
    }
  }

  void BlockForward(const Pass<T, E>& pass, int64_t layer, Block& block, TrainingLoss& loss) {
    const std::span<T> x = x_;
    AttentionForward(pass, layer, slots_.layers[layer], x, block.attention, attention_scratch_);
    FeedForwardForward(pass, layer, slots_.layers[layer], x, block.feed_forward, feed_forward_scratch_, loss);
  }

  // x_ is the gradient of the block's output, then of its input.
  void BlockBackward(const Pass<T, E>& pass, int64_t layer) {
    if (options_.recompute) {
      std::swap(x_, gradient_);  // the forward pass needs x_
      x_.Resize(gradient_.size());
      ConvertRows<T, T>(std::span<const T>(inputs_[layer]), x_.data());
      TrainingLoss again;
      again.expert_tokens.resize(a_.layers);
      BlockForward(pass, layer, blocks_.front(), again);
      std::swap(x_, gradient_);
    }
    const Block& block = blocks_[options_.recompute ? 0 : layer];
    const std::span<T> dx = x_;
    FeedForwardBackward(pass, layer, slots_.layers[layer], block.feed_forward, dx, feed_forward_scratch_);
    AttentionBackward(pass, layer, slots_.layers[layer], block.attention, dx, attention_scratch_);
  }

  const Architecture& a_;
  const TrainingOptions& options_;
  ModelSlots slots_;
  RopeTable<T> rope_;
  Buffer<E> operands_;
  Buffer<T> x_, gradient_;  // [tokens, d_model]
  std::vector<Buffer<T>> inputs_;
  std::vector<Block> blocks_;
  AttentionScratch<T, E> attention_scratch_;
  FeedForwardScratch<T, E> feed_forward_scratch_;
  HeadScratch<T, E> head_;
};

}  // namespace

template <typename T>
struct TrainableTransformer<T>::Impl {
  Architecture architecture;
  TrainingOptions options;
  ParameterLayout layout;
  std::unique_ptr<Engine<T>> engine;

  TrainingLoss Run(std::span<const T> parameters, const TrainingBatch& batch, double scale, double auxiliary_scale,
                   std::vector<double>& nll, std::span<T> gradients) const {
    CheckBatch(architecture, batch);
    const size_t size = layout.size();
    if (parameters.size() != size || (!gradients.empty() && gradients.size() != size)) {
      Fail(ErrorCode::kInternal, "parameters or gradients of another model", "training");
    }
    nll.resize(batch.tokens.size());
    return engine->Run(parameters, batch, scale, auxiliary_scale, nll, gradients.empty() ? nullptr : gradients.data());
  }
};

template <typename T>
TrainableTransformer<T>::TrainableTransformer(const Architecture& architecture, const TrainingOptions& options) {
  architecture.Validate("architecture");
  if (options.bf16 && (!GemmBf16Supported() || !std::is_same_v<T, float>)) {
    Fail(ErrorCode::kUnsupported, "bfloat16 products need oneDNN and a CPU with AVX-512", "bf16", "use precision fp32");
  }
  impl_ = std::make_unique<Impl>(Impl{
      .architecture = architecture, .options = options, .layout = ParameterLayout(architecture), .engine = nullptr});
  if constexpr (std::is_same_v<T, float>) {
    if (options.bf16) {
      impl_->engine = std::make_unique<EngineOf<T, BFloat16>>(impl_->architecture, impl_->options, impl_->layout);
      return;
    }
  }
  impl_->engine = std::make_unique<EngineOf<T, T>>(impl_->architecture, impl_->options, impl_->layout);
}

template <typename T>
TrainableTransformer<T>::~TrainableTransformer() = default;

template <typename T>
const Architecture& TrainableTransformer<T>::architecture() const {
  return impl_->architecture;
}

template <typename T>
const ParameterLayout& TrainableTransformer<T>::layout() const {
  return impl_->layout;
}

template <typename T>
TrainingLoss TrainableTransformer<T>::Loss(std::span<const T> parameters, const TrainingBatch& batch) {
  std::vector<double> nll;
  return impl_->Run(parameters, batch, 1.0, 0.0, nll, {});
}

template <typename T>
std::vector<double> TrainableTransformer<T>::TokenNll(std::span<const T> parameters, const TrainingBatch& batch) {
  std::vector<double> nll;
  impl_->Run(parameters, batch, 1.0, 0.0, nll, {});
  return nll;
}

template <typename T>
TrainingLoss TrainableTransformer<T>::Backward(std::span<const T> parameters, const TrainingBatch& batch, double scale,
                                               double auxiliary_scale, std::span<T> gradients) {
  std::vector<double> nll;
  return impl_->Run(parameters, batch, scale, auxiliary_scale, nll, gradients);
}

template class TrainableTransformer<float>;
template class TrainableTransformer<double>;

}  // namespace bantam
