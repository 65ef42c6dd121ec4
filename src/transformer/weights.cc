#include "transformer/weights.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "tensor/codec.h"

namespace bantam {
namespace {

// Which tensors there are, and their shapes, is TensorSpecs' knowledge alone: what it does not list stays empty.
class Reader {
 public:
  Reader(const Architecture& architecture, const WeightSource& source, bool bf16) : source_(source), bf16_(bf16) {
    for (TensorSpec& spec : TensorSpecs(architecture)) {
      std::string name = spec.name;
      specs_.emplace(std::move(name), std::move(spec));
    }
  }

  std::vector<float> Vector(const std::string& name) const {
    const auto found = specs_.find(name);
    if (found == specs_.end()) return {};
    std::vector<float> values = source_(name);
    const int64_t expected = ElementCount(found->second.shape);
    if (static_cast<int64_t>(values.size()) != expected) {
      Fail(ErrorCode::kFormat, fmt::format("tensor has {} values, the architecture needs {}", values.size(), expected),
           name);
    }
    return values;
  }

  NormWeights Norm(const std::string& stem) const { return {Vector(stem + ".weight"), Vector(stem + ".bias")}; }

  // A matrix in the model's precision.
  LinearWeights Linear(const std::string& stem) const {
    LinearWeights linear = FloatLinear(stem);
    return linear.name.empty() ? linear : InPrecision(std::move(linear));
  }

  LinearWeights FloatLinear(const std::string& stem) const {
    LinearWeights linear;
    const std::string name = stem + ".weight";
    const auto found = specs_.find(name);
    if (found == specs_.end()) return linear;
    const Shape& shape = found->second.shape;  // [out, in], [experts, out, in] or [in]
    linear.name = name;
    linear.in = shape.back();
    linear.out = shape.size() > 1 ? shape[shape.size() - 2] : 1;
    linear.experts = shape.size() > 2 ? shape.front() : 1;
    linear.values = std::make_shared<const std::vector<float>>(Vector(name));
    linear.bias = Vector(stem + ".bias");
    return linear;
  }

  FfnWeights Ffn(const std::string& layer, std::string_view suffix) const {
    return {.gate = Linear(fmt::format("{}.ffn_gate{}", layer, suffix)),
            .up = Linear(fmt::format("{}.ffn_up{}", layer, suffix)),
            .down = Linear(fmt::format("{}.ffn_down{}", layer, suffix))};
  }

  LinearWeights Head(std::shared_ptr<const std::vector<float>> token_embedding) const {
    LinearWeights head = Linear("output");
    if (!head.name.empty()) return head;
    const Shape& shape = specs_.at("token_embd.weight").shape;
    head.name = "token_embd.weight";
    head.out = shape[0];
    head.in = shape[1];
    head.values = std::move(token_embedding);
    return InPrecision(std::move(head));
  }

 private:
  LinearWeights InPrecision(LinearWeights linear) const {
    if (!bf16_) return linear;
    linear.bf16.resize(linear.values->size());
    std::transform(linear.values->begin(), linear.values->end(), linear.bf16.begin(), FloatToBFloat16);
    linear.values = nullptr;
    return linear;
  }

  const WeightSource& source_;
  bool bf16_;
  std::unordered_map<std::string, TensorSpec> specs_;
};

FloatLayerWeights LoadLayer(const Reader& reader, const std::string& layer) {
  return {.attn_norm = reader.Norm(layer + ".attn_norm"),
          .post_attention_norm = reader.Norm(layer + ".post_attention_norm"),
          .ffn_norm = reader.Norm(layer + ".ffn_norm"),
          .post_ffw_norm = reader.Norm(layer + ".post_ffw_norm"),
          .attn_q_norm = reader.Norm(layer + ".attn_q_norm"),
          .attn_k_norm = reader.Norm(layer + ".attn_k_norm"),
          .attn_q = reader.Linear(layer + ".attn_q"),
          .attn_k = reader.Linear(layer + ".attn_k"),
          .attn_v = reader.Linear(layer + ".attn_v"),
          .attn_qkv = reader.Linear(layer + ".attn_qkv"),
          .attn_output = reader.Linear(layer + ".attn_output"),
          .ffn = reader.Ffn(layer, ""),
          .router = reader.FloatLinear(layer + ".ffn_gate_inp"),
          .selection_bias = reader.Vector(layer + ".exp_probs_b.bias"),
          .experts = reader.Ffn(layer, "_exps"),
          .shared_expert = reader.Ffn(layer, "_shexp"),
          .shared_gate = reader.FloatLinear(layer + ".ffn_gate_inp_shexp")};
}

}  // namespace

TransformerWeights LoadWeights(const Architecture& architecture, const WeightSource& source, bool bf16) {
  const Reader reader(architecture, source, bf16);
  TransformerWeights weights;
  weights.token_embedding = std::make_shared<const std::vector<float>>(reader.Vector("token_embd.weight"));
  weights.position_embedding = reader.Vector("position_embd.weight");
  for (int64_t layer = 0; layer < architecture.layers; ++layer) {
    weights.layers.push_back(LoadLayer(reader, fmt::format("blk.{}", layer)));
  }
  weights.output_norm = reader.Norm("output_norm");
  weights.head = reader.Head(weights.token_embedding);
  return weights;
}

}  // namespace bantam
