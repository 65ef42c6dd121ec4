// The weights of a model under the names that a forward pass has for them. Matrices stay in the type and, from a GGUF, in the
// pages they are stored in; norms, biases and routers are floats.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/matrix.h"
#include "runtime/session.h"

namespace bantam {

// Where tensors come from: a Model, or a test's table.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  virtual Tensor Load(std::string_view name) const = 0;
  virtual std::vector<float> LoadFloats(std::string_view name) const = 0;  // refuses NaN and infinity
};

struct Norm {
  std::vector<float> gain, bias;  // [n]; bias is empty but for LayerNorm
};

struct Linear {
  Matrix matrix;            // [out, in]
  std::vector<float> bias;  // [out], or empty
};

// down(act(gate x) * up x), or down(act(up x)) without a gate.
struct Mlp {
  Linear gate, up;  // [width, d_model]; gate.matrix.rows is 0 when there is none
  Linear down;      // [d_model, width]
  int64_t width() const { return up.matrix.rows; }
};

struct Experts {
  std::vector<float> router_values;       // [experts, d_model]
  std::vector<float> selection_bias;      // [experts], or empty
  Matrix router;                          // of router_values
  Matrix gate, up;                        // [experts * expert_ff, d_model]
  Matrix down;                            // [experts * d_model, expert_ff]
  Mlp shared;                             // up.matrix.rows is 0 when there is none
  std::vector<float> shared_gate_values;  // [d_model], or empty
  Matrix shared_gate;                     // [1, d_model] of shared_gate_values
};

struct LayerWeights {
  Norm attention_norm, post_attention_norm, ffn_norm, post_ffn_norm;
  Linear q, k, v, o;  // [q_dim, d_model], [kv_dim, d_model] twice, [d_model, q_dim]
  std::vector<float> q_norm, k_norm;
  Mlp mlp;
  std::unique_ptr<Experts> experts;  // instead of mlp
};

// What RuntimeModel::Load makes.
class Weights : public RuntimeModel {
 public:
  // kUnsupported naming the tensor when its type has no decoder.
  Weights(const Architecture& architecture, const WeightSource& source, Isa isa);

  const Architecture& architecture() const override { return architecture_; }
  uint64_t weight_bytes() const override { return weight_bytes_; }
  uint64_t bytes_per_token() const override { return bytes_per_token_; }

  const Kernels& kernels() const { return *kernels_; }
  const Matrix& embedding() const { return embedding_; }  // [vocab, d_model]
  const Matrix& positions() const { return positions_; }  // [context_length, d_model], or no rows
  const Matrix& head() const { return head_; }            // [vocab, d_model]
  const Norm& output_norm() const { return output_norm_; }
  const std::vector<LayerWeights>& layers() const { return layers_; }

 private:
  friend class WeightLoader;

  Architecture architecture_;
  const Kernels* kernels_;
  uint64_t weight_bytes_ = 0, bytes_per_token_ = 0;
  std::vector<Tensor> tensors_;  // owners of what the matrices show
  Matrix embedding_, positions_, head_;
  Norm output_norm_;
  std::vector<LayerWeights> layers_;
};

}  // namespace bantam
