#include "torch_model.h"

#include <limits>

namespace {

using at::Tensor;

// Rows of a batch: which document and which place in it. [tokens] each.
struct Places {
  Tensor documents, positions;

  explicit Places(const TorchBatch& batch) {
    const Tensor lengths = batch.document_begin.diff();
    documents = torch::repeat_interleave(lengths);
    positions = torch::arange(batch.tokens.size(0)) - batch.document_begin.slice(0, 0, -1).repeat_interleave(lengths);
  }
};

class Layers {
 public:
  Layers(const TorchModel& model, const TorchBatch& batch) : m_(model), places_(batch) {
    const Tensor powers = torch::arange(0, m_.rope_dim, 2, at::kDouble) / -static_cast<double>(m_.rope_dim);
    angles_ = torch::outer(places_.positions, torch::pow(m_.rope_theta, powers));
  }

  Tensor Weight(const std::string& name) const { return m_.parameters.at(name); }
  Tensor Weight(int64_t layer, const std::string& name) const {
    return Weight("blk." + std::to_string(layer) + "." + name);
  }
  bool Has(int64_t layer, const std::string& name) const {
    return m_.parameters.count("blk." + std::to_string(layer) + "." + name) > 0;
  }

  Tensor Norm(const Tensor& x, const Tensor& gain) const {
    return x * torch::rsqrt(x.square().mean(-1, true) + m_.norm_eps) * gain;
  }

  // x: [tokens, width]
  Tensor Attention(int64_t layer, const Tensor& x) const {
    const auto project = [&](const char* matrix, int64_t heads) {
      return torch::linear(x, Weight(layer, matrix)).unflatten(-1, at::IntArrayRef{heads, -1});
    };
    Tensor q = project("attn_q.weight", m_.heads);     // [tokens, heads, head_dim]
    Tensor k = project("attn_k.weight", m_.kv_heads);  // [tokens, kv_heads, head_dim]
    Tensor v = project("attn_v.weight", m_.kv_heads);
    if (m_.qk_norm) {
      q = Norm(q, Weight(layer, "attn_q_norm.weight"));
      k = Norm(k, Weight(layer, "attn_k_norm.weight"));
    }
    const int64_t group = m_.heads / m_.kv_heads;
    q = Turn(q);
    k = Turn(k).repeat_interleave(group, 1);
    v = v.repeat_interleave(group, 1);
    const Tensor scores = torch::einsum("qhd,khd->hqk", {q, k}) * m_.attention_scale;
    const Tensor p =
        scores.masked_fill(Hidden(m_.windows.at(layer)), -std::numeric_limits<double>::infinity()).softmax(-1);
    return torch::linear(torch::einsum("hqk,khd->qhd", {p, v}).flatten(1), Weight(layer, "attn_output.weight"));
  }

  Tensor FeedForward(int64_t layer, const Tensor& x, const std::string& suffix) const {
    const Tensor gate = torch::linear(x, Weight(layer, "ffn_gate" + suffix + ".weight"));
    const Tensor up = torch::linear(x, Weight(layer, "ffn_up" + suffix + ".weight"));
    return torch::linear(torch::silu(gate) * up, Weight(layer, "ffn_down" + suffix + ".weight"));
  }

  // Adds to the router losses.
  Tensor Experts(int64_t layer, const Tensor& x, TorchLosses& losses) const {
    const Tensor logits = torch::linear(x, Weight(layer, "ffn_gate_inp.weight"));  // [tokens, experts]
    const Tensor p = m_.router_sigmoid ? logits.sigmoid() : logits.softmax(-1);
    Tensor ranking = p.detach();
    if (Has(layer, "exp_probs_b.bias")) ranking = ranking + Weight(layer, "exp_probs_b.bias").detach();
    const Tensor chosen = std::get<1>(ranking.topk(m_.experts_used));  // [tokens, used]
    Tensor shares = p.gather(-1, chosen);
    if (m_.normalize_weights) shares = shares / shares.sum(-1, true).clamp_min(0x1p-14);
    const Tensor all_shares = torch::zeros_like(p).scatter(-1, chosen, shares * m_.weights_scale);  // [tokens, experts]

    const Tensor gate = torch::einsum("td,efd->tef", {x, Weight(layer, "ffn_gate_exps.weight")});
    const Tensor up = torch::einsum("td,efd->tef", {x, Weight(layer, "ffn_up_exps.weight")});
    Tensor y =
        torch::einsum("te,tef,edf->td", {all_shares, torch::silu(gate) * up, Weight(layer, "ffn_down_exps.weight")});
    if (Has(layer, "ffn_up_shexp.weight")) y = y + FeedForward(layer, x, "_shexp");

    const int64_t experts = p.size(1);
    const Tensor load = torch::zeros_like(p).scatter(-1, chosen, 1.0).mean(0) / static_cast<double>(m_.experts_used);
    losses.router_z = losses.router_z + logits.logsumexp(-1).square().mean();
    losses.balance = losses.balance + experts * torch::dot(load, (p / p.sum(-1, true)).mean(0));
    return y;
  }

 private:
  // x: [tokens, heads, head_dim]. A pair is a complex number that is multiplied by e^(i angle).
  Tensor Turn(const Tensor& x) const {
    const Tensor turning = x.narrow(-1, 0, m_.rope_dim), rest = x.narrow(-1, m_.rope_dim, x.size(-1) - m_.rope_dim);
    const Tensor turn = torch::polar(torch::ones_like(angles_), angles_).unsqueeze(1);  // [tokens, 1, pairs]
    if (m_.rope_interleaved) {
      const Tensor pairs = torch::view_as_complex(turning.unflatten(-1, at::IntArrayRef{-1, 2}).contiguous());
      return torch::cat({torch::view_as_real(pairs * turn).flatten(-2), rest}, -1);
    }
    const std::vector<Tensor> halves = turning.chunk(2, -1);
    const Tensor turned = torch::complex(halves[0].contiguous(), halves[1].contiguous()) * turn;
    return torch::cat({torch::real(turned), torch::imag(turned), rest}, -1);
  }

  // [tokens, tokens]: whether the query (row) does not see the key (column).
  Tensor Hidden(int64_t window) const {
    const Tensor distance = places_.positions.unsqueeze(1) - places_.positions.unsqueeze(0);
    Tensor hidden = (places_.documents.unsqueeze(1) != places_.documents.unsqueeze(0)) | (distance < 0);
    if (window > 0) hidden = hidden | (distance >= window);
    return hidden;
  }

  const TorchModel& m_;
  Places places_;
  Tensor angles_;  // [tokens, pairs]
};

}  // namespace

TorchLosses Losses(const TorchModel& model, const TorchBatch& batch) {
  const Layers layers(model, batch);
  const Tensor zero = torch::zeros({}, at::kDouble);
  TorchLosses losses{zero, zero, zero};
  int64_t routers = 0;
  Tensor x = torch::embedding(layers.Weight("token_embd.weight"), batch.tokens);  // [tokens, width]
  for (int64_t layer = 0; layer < model.layers; ++layer) {
    x = x + layers.Attention(layer, layers.Norm(x, layers.Weight(layer, "attn_norm.weight")));
    const Tensor h = layers.Norm(x, layers.Weight(layer, "ffn_norm.weight"));
    if (layers.Has(layer, "ffn_gate_inp.weight")) {
      x = x + layers.Experts(layer, h, losses);
      ++routers;
    } else {
      x = x + layers.FeedForward(layer, h, "");
    }
  }
  if (routers > 0) {
    losses.router_z = losses.router_z / routers;
    losses.balance = losses.balance / routers;
  }
  const bool tied = model.parameters.count("output.weight") == 0;
  const Tensor logits = torch::linear(layers.Norm(x, layers.Weight("output_norm.weight")),
                                      layers.Weight(tied ? "token_embd.weight" : "output.weight"));
  const Tensor nll = -logits.log_softmax(-1).gather(-1, batch.targets.unsqueeze(-1)).squeeze(-1);
  losses.weighted_nll = torch::dot(nll, batch.weights);
  return losses;
}
