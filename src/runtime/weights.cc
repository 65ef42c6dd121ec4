#include "runtime/weights.h"

#include <string>

#include "base/error.h"

namespace bantam {

// Loads the tensors of one model and counts their bytes on the way.
class WeightLoader {
 public:
  WeightLoader(const WeightSource& source, Weights& weights)
      : source_(source), weights_(weights), a_(weights.architecture_) {}

  void Load() {
    weights_.embedding_ = LoadMatrix("token_embd.weight", a_.vocab_size, a_.d_model);
    CountRead(weights_.embedding_.row_bytes);
    if (a_.position == PositionKind::kLearned) {
      weights_.positions_ = LoadMatrix("position_embd.weight", a_.context_length, a_.d_model);
      CountRead(weights_.positions_.row_bytes);
    }
    for (int64_t layer = 0; layer < a_.layers; ++layer) {
      prefix_ = "blk." + std::to_string(layer) + ".";
      weights_.layers_.push_back(LoadLayer(layer));
    }
    prefix_.clear();
    weights_.output_norm_ = LoadNorm("output_norm");
    weights_.head_ = a_.tied_embeddings ? weights_.embedding_ : LoadMatrix("output.weight", a_.vocab_size, a_.d_model);
    CountRead(weights_.head_.bytes());
  }

 private:
  void CountRead(int64_t bytes) { weights_.bytes_per_token_ += static_cast<uint64_t>(bytes); }

  std::vector<float> LoadFloats(const std::string& name) {
    std::vector<float> values = source_.LoadFloats(prefix_ + name);
    weights_.weight_bytes_ += values.size() * sizeof(float);
    CountRead(static_cast<int64_t>(values.size() * sizeof(float)));
    return values;
  }

  Matrix LoadMatrix(const std::string& name, int64_t rows, int64_t cols) {
    Tensor tensor = source_.Load(prefix_ + name);
    if (!Info(tensor.dtype).can_decode) {
      Fail(ErrorCode::kUnsupported, "weights of type " + std::string(Name(tensor.dtype)) + " cannot be run",
           prefix_ + name);
    }
    const Matrix matrix(tensor, rows, cols, *weights_.kernels_);
    weights_.weight_bytes_ += static_cast<uint64_t>(matrix.bytes());
    weights_.tensors_.push_back(std::move(tensor));
    return matrix;
  }

  Norm LoadNorm(const std::string& stem) {
    Norm norm;
    norm.gain = LoadFloats(stem + ".weight");
    if (a_.norm == NormKind::kLayer) norm.bias = LoadFloats(stem + ".bias");
    return norm;
  }

  Linear LoadLinear(const std::string& stem, int64_t out, int64_t in, bool bias) {
    Linear linear;
    linear.matrix = LoadMatrix(stem + ".weight", out, in);
    CountRead(linear.matrix.bytes());
    if (bias) linear.bias = LoadFloats(stem + ".bias");
    return linear;
  }

  Mlp LoadMlp(const std::string& suffix, int64_t width, bool gated, bool bias) {
    Mlp mlp;
    if (gated) mlp.gate = LoadLinear("ffn_gate" + suffix, width, a_.d_model, bias);
    mlp.up = LoadLinear("ffn_up" + suffix, width, a_.d_model, bias);
    mlp.down = LoadLinear("ffn_down" + suffix, a_.d_model, width, bias);
    return mlp;
  }

  // A small matrix of floats that `values` keeps.
  Matrix FloatMatrix(const std::vector<float>& values, int64_t rows) {
    Matrix matrix;
    matrix.rows = rows;
    matrix.cols = a_.d_model;
    matrix.row_bytes = RowBytes(DType::kF32, a_.d_model);
    matrix.data = reinterpret_cast<const std::byte*>(values.data());
    matrix.multiply = weights_.kernels_->multiply(DType::kF32);
    return matrix;
  }

  Matrix LoadExpertMatrix(const std::string& name, int64_t out, int64_t in) {
    const Matrix matrix = LoadMatrix(name, a_.moe->experts * out, in);
    CountRead(matrix.bytes() / a_.moe->experts * a_.moe->experts_used);
    return matrix;
  }

  std::unique_ptr<Experts> LoadExperts() {
    const MoeArchitecture& moe = *a_.moe;
    auto experts = std::make_unique<Experts>();
    experts->router_values = LoadFloats("ffn_gate_inp.weight");
    experts->router = FloatMatrix(experts->router_values, moe.experts);
    if (moe.selection_bias) experts->selection_bias = LoadFloats("exp_probs_b.bias");
    experts->gate = LoadExpertMatrix("ffn_gate_exps.weight", moe.expert_ff, a_.d_model);
    experts->up = LoadExpertMatrix("ffn_up_exps.weight", moe.expert_ff, a_.d_model);
    experts->down = LoadExpertMatrix("ffn_down_exps.weight", a_.d_model, moe.expert_ff);
    if (moe.shared_ff == 0) return experts;
    experts->shared = LoadMlp("_shexp", moe.shared_ff, /*gated=*/true, /*bias=*/false);
    if (!moe.shared_gate) return experts;
    experts->shared_gate_values = LoadFloats("ffn_gate_inp_shexp.weight");
    experts->shared_gate = FloatMatrix(experts->shared_gate_values, 1);
    return experts;
  }

  void LoadQkv(LayerWeights& layer) {
    const int64_t q = a_.q_dim(), kv = a_.kv_dim();
    if (!a_.fused_qkv) {
      layer.q = LoadLinear("attn_q", q, a_.d_model, a_.qkv_bias);
      layer.k = LoadLinear("attn_k", kv, a_.d_model, a_.qkv_bias);
      layer.v = LoadLinear("attn_v", kv, a_.d_model, a_.qkv_bias);
      return;
    }
    const Linear fused = LoadLinear("attn_qkv", q + 2 * kv, a_.d_model, a_.qkv_bias);
    const auto part = [&](int64_t begin, int64_t end) {
      Linear linear;
      linear.matrix = fused.matrix.Rows(begin, end);
      if (a_.qkv_bias) linear.bias.assign(fused.bias.begin() + begin, fused.bias.begin() + end);
      return linear;
    };
    layer.q = part(0, q);
    layer.k = part(q, q + kv);
    layer.v = part(q + kv, q + 2 * kv);
  }

  LayerWeights LoadLayer(int64_t index) {
    LayerWeights layer;
    layer.attention_norm = LoadNorm("attn_norm");
    LoadQkv(layer);
    if (a_.qk_norm != QkNorm::kNone) {
      layer.q_norm = LoadFloats("attn_q_norm.weight");
      layer.k_norm = LoadFloats("attn_k_norm.weight");
    }
    layer.o = LoadLinear("attn_output", a_.d_model, a_.q_dim(), a_.attention_output_bias);
    layer.ffn_norm = LoadNorm("ffn_norm");
    if (a_.LayerIsMoe(index)) {
      layer.experts = LoadExperts();
    } else {
      layer.mlp = LoadMlp("", a_.d_ff, a_.gated_ffn, a_.ffn_bias);
    }
    if (a_.post_norms) {
      layer.post_attention_norm = LoadNorm("post_attention_norm");
      layer.post_ffn_norm = LoadNorm("post_ffw_norm");
    }
    return layer;
  }

  const WeightSource& source_;
  Weights& weights_;
  const Architecture& a_;
  std::string prefix_;
};

Weights::Weights(const Architecture& architecture, const WeightSource& source, Isa isa)
    : architecture_(architecture), kernels_(&KernelsFor(isa)) {
  WeightLoader(source, *this).Load();
}

namespace {

class ModelSource : public WeightSource {
 public:
  explicit ModelSource(const Model& model) : model_(model) {}
  Tensor Load(std::string_view name) const override { return model_.Load(name); }
  std::vector<float> LoadFloats(std::string_view name) const override { return model_.LoadFloats(name); }

 private:
  const Model& model_;
};

}  // namespace

std::shared_ptr<const RuntimeModel> RuntimeModel::Load(const Model& model) {
  return std::make_shared<Weights>(model.architecture(), ModelSource(model), ChooseIsa());
}

}  // namespace bantam
