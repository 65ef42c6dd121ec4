// Muon (K. Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/), scaled to the size of an AdamW update as
// arXiv:2502.16982 (equation 4) does, so that both take the same learning rate and decay:
//
//   m = momentum m + g,   u = g + momentum m
//   W = W (1 - lr decay) - lr 0.2 sqrt(max(rows, columns)) Orthogonal(u)
//
// Orthogonal(u) is u with all its singular values brought near 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bantam {

struct MuonOptions {
  double momentum = 0.95, weight_decay = 0.1;
  bool bf16 = false;  // products in bfloat16 (GemmBf16)
};

// A matrix of the flat array, row-major.
struct MuonMatrix {
  int64_t offset = 0, rows = 0, columns = 0;
};

class Muon {
 public:
  Muon(const MuonOptions& options, std::vector<MuonMatrix> matrices);

  // One update. `momenta` holds m between calls, laid out as the values.
  void Update(double lr, std::span<const float> gradients, std::span<float> momenta, std::span<float> values) const;

 private:
  MuonOptions options_;
  std::vector<MuonMatrix> matrices_;
};

// Replaces u [rows, columns] by five Newton-Schulz iterations on u / |u| (Frobenius norm): singular values above 1 % of |u|
// end between 0.68 and 1.14, much smaller ones below.
void Orthogonalize(int64_t rows, int64_t columns, bool bf16, std::span<float> u);

}  // namespace bantam
