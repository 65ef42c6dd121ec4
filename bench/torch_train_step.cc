// bantam-torch-train-step [THREADS [WARM_UP [STEPS]]]: tokens per second of the same training step (train_setup.h) in libtorch.
//
// Written as one would for speed within eager mode: float master weights that are cast to bfloat16 once per step, as autocast
// does; norms, rotations, the residual stream and the loss in float; q, k, v and gate, up each one product; the attention's
// scale folded into the rotation of q and its mask added in place.
#include <torch/torch.h>

#include <limits>

#include "train_setup.h"

namespace {

using namespace train_bench;
using at::Tensor;

constexpr auto kCompute = at::kBFloat16;

// Takes parameters one after the other from the flat array that the first weights are stated for.
class Parameters {
 public:
  Tensor Matrix(int64_t rows, int64_t columns, bool decays = true) {
    Tensor matrix = torch::empty({rows, columns});
    for (int64_t i = 0; i < matrix.numel(); ++i) matrix.data_ptr<float>()[i] = FirstWeight(next_ + i);
    return Add(matrix, decays);
  }
  Tensor Norm() { return Add(torch::ones({kWidth}), false); }

  std::vector<Tensor> All() const {
    std::vector<Tensor> all = decaying_;
    all.insert(all.end(), others_.begin(), others_.end());
    return all;
  }

  torch::optim::AdamW Optimizer() const {
    const auto options = [](double decay) {
      return torch::optim::AdamWOptions(kLearningRate).betas({kBeta1, kBeta2}).eps(kEps).weight_decay(decay);
    };
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(decaying_, std::make_unique<torch::optim::AdamWOptions>(options(kDecay)));
    groups.emplace_back(others_, std::make_unique<torch::optim::AdamWOptions>(options(0.0)));
    return torch::optim::AdamW(groups, options(kDecay));
  }

 private:
  Tensor Add(Tensor tensor, bool decays) {
    next_ += tensor.numel();
    tensor.requires_grad_();
    (decays ? decaying_ : others_).push_back(tensor);
    return tensor;
  }

  int64_t next_ = 0;
  std::vector<Tensor> decaying_, others_;
};

Tensor RmsNorm(const Tensor& x, const Tensor& gain) {
  return x * (x.square().mean(-1, true) + kNormEps).rsqrt() * gain;
}

struct Layer {
  Tensor attn_norm, qkv, output, ffn_norm, gate_up, down;

  explicit Layer(Parameters& p)  // in the order of the flat array
      : attn_norm(p.Norm()),
        qkv(p.Matrix(3 * kWidth, kWidth)),
        output(p.Matrix(kWidth, kWidth)),
        ffn_norm(p.Norm()),
        gate_up(p.Matrix(2 * kFeedForward, kWidth)),
        down(p.Matrix(kWidth, kFeedForward)) {}
};

class Model {
 public:
  explicit Model(Parameters& p) : embedding_(p.Matrix(kVocab, kWidth, false)) {
    for (int64_t layer = 0; layer < kLayers; ++layer) layers_.emplace_back(p);
    output_norm_ = p.Norm();
    const Tensor pairs = torch::arange(0, kHeadDim, 2, at::kDouble) / -static_cast<double>(kHeadDim);
    const Tensor angles = torch::outer(torch::arange(kLength, at::kDouble), torch::pow(kRopeTheta, pairs));
    const Tensor turn = torch::polar(torch::ones_like(angles), angles);  // [length, pairs]
    turns_ =
        torch::stack({turn / std::sqrt(static_cast<double>(kHeadDim)), turn}, 1).unsqueeze(2).to(at::kComplexFloat);
    hidden_ = torch::full({kLength, kLength}, -std::numeric_limits<float>::infinity()).triu(1).to(kCompute);
  }

  // tokens, targets: [documents, length]. The mean loss.
  Tensor Loss(const Tensor& tokens, const Tensor& targets) const {
    Tensor x = torch::embedding(embedding_, tokens);  // [documents, length, width]
    for (const Layer& layer : layers_) {
      x = x + Attention(layer, RmsNorm(x, layer.attn_norm).to(kCompute));
      const Tensor h = torch::linear(RmsNorm(x, layer.ffn_norm).to(kCompute), layer.gate_up.to(kCompute));
      const std::vector<Tensor> halves = h.chunk(2, -1);
      x = x + torch::linear(torch::silu(halves[0]) * halves[1], layer.down.to(kCompute));
    }
    const Tensor logits = torch::linear(RmsNorm(x, output_norm_).to(kCompute), embedding_.to(kCompute));
    return torch::cross_entropy_loss(logits.flatten(0, 1).to(at::kFloat), targets.flatten());
  }

 private:
  // h: [documents, length, width]
  Tensor Attention(const Layer& layer, const Tensor& h) const {
    const Tensor qkv = torch::linear(h, layer.qkv.to(kCompute)).view({kDocuments, kLength, 3, kHeads, kHeadDim});
    const Tensor pairs = qkv.slice(2, 0, 2).to(at::kFloat).unflatten(-1, at::IntArrayRef{kHeadDim / 2, 2});
    const Tensor qk = torch::view_as_real(torch::view_as_complex(pairs) * turns_).flatten(-2).to(kCompute);
    const auto heads_first = [](const Tensor& x) { return x.transpose(1, 2); };  // [documents, heads, length, head_dim]
    const Tensor q = heads_first(qk.select(2, 0)), k = heads_first(qk.select(2, 1)), v = heads_first(qkv.select(2, 2));
    const Tensor p = torch::matmul(q, k.transpose(-1, -2)).add_(hidden_).softmax(-1);
    return torch::linear(heads_first(torch::matmul(p, v)).flatten(2), layer.output.to(kCompute));
  }

  Tensor embedding_, output_norm_;
  std::vector<Layer> layers_;
  Tensor turns_;   // [length, q and k, 1, pairs], complex
  Tensor hidden_;  // [length, length]: -infinity where a query does not see a key
};

Tensor Tokens(const std::vector<int32_t>& values) {
  return torch::tensor(values, at::kInt).to(at::kLong).view({kDocuments, kLength});
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv);
  at::set_num_threads(arguments.threads);
  Parameters parameters;
  const Model model(parameters);
  const std::vector<Tensor> all = parameters.All();
  torch::optim::AdamW optimizer = parameters.Optimizer();
  const Batch batch = FirstBatch();
  const Tensor tokens = Tokens(batch.tokens), targets = Tokens(batch.targets);
  MeasureSteps(arguments, [&](int64_t) {
    for (const Tensor& parameter : all) parameter.mutable_grad().reset();  // zero_grad() would fill them and then add
    const Tensor loss = model.Loss(tokens, targets);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(all, kClip);
    optimizer.step();
    return loss.item<double>();
  });
}
