// The whole model once more, in double with plain loops, one token after another: the judge of transformer/ and, where
// llama.cpp cannot judge (beyond sliding windows, for one), of runtime/. It shares no code with the operators. For
// tests only; its time grows with the square of the sequence and it knows no matrix library.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/architecture.h"
#include "model/model.h"
#include "transformer/weights.h"

namespace bantam {

struct NaiveOptions {
  // GELU as llama.cpp's CPU code computes it: input and output rounded to half precision between -10 and 10. Tells its
  // rounding from a difference in the model.
  bool half_precision_gelu = false;
};

class NaiveModel {
 public:
  NaiveModel(const Architecture& architecture, const WeightSource& source, const NaiveOptions& options = {});

  // Logits [tokens, vocab] of one sequence from position 0.
  std::vector<double> Forward(std::span<const int32_t> tokens) const;

 private:
  using Vector = std::vector<double>;
  struct Cache {
    std::vector<Vector> keys, values;  // one per position
  };

  const std::vector<float>& At(const std::string& name) const { return tensors_.at(name); }
  bool Has(const std::string& name) const { return tensors_.count(name) > 0; }

  Vector Embed(int32_t token, int64_t position) const;
  Vector Linear(const std::string& stem, const Vector& x, int64_t expert = 0) const;
  Vector Norm(const std::string& stem, const Vector& x) const;
  void NormHeads(const std::string& name, Vector& x) const;
  void Rotate(int64_t position, Vector& x) const;
  Vector Attention(int64_t layer, int64_t position, const Vector& h, Cache& cache) const;
  double Act(double x) const;
  Vector Ffn(const std::string& block, const std::string& suffix, const Vector& h, int64_t expert = 0) const;
  Vector Experts(const std::string& block, const Vector& h) const;

  Architecture architecture_;
  NaiveOptions options_;
  std::map<std::string, std::vector<float>> tensors_;
};

// The same for the weights of a file.
std::vector<double> NaiveLogits(const Model& model, std::span<const int32_t> tokens, const NaiveOptions& options = {});

}  // namespace bantam
