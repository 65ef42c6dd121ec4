#include "train/muon.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "math/bfloat16.h"
#include "math/parallel.h"
#include "math/row_loops.h"
#include "transformer/ops/matmul.h"

namespace bantam {
namespace {

// Coefficients of the odd polynomial a x + b x^3 + c x^5 that lifts small singular values fastest (the post, "Tuning the
// coefficients").
constexpr float kA = 3.4445f, kB = -4.7750f, kC = 2.0315f;
constexpr int kIterations = 5;
// Update of AdamW's usual root mean square (arXiv:2502.16982, section 2.2).
constexpr double kUpdateSize = 0.2;

// x [rows, columns] = a x + (b G + c G^2) x, five times, with G = x x^T; or the same from the right where x^T x is smaller. E is
// the type of the products' factors.
template <typename E>
void NewtonSchulz(int64_t rows, int64_t columns, std::span<float> x) {
  const bool left = rows <= columns;
  const int64_t n = std::min(rows, columns), k = std::max(rows, columns), size = rows * columns;
  std::vector<float> gram(n * n), polynomial(n * n), change(size);
  std::vector<E> x_factor(size), square_factor(n * n);
  const Strided<const E> of_x{x_factor.data(), columns}, of_square{square_factor.data(), n};
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    ConvertRow(x.data(), size, x_factor.data());
    Multiply(left ? Transpose::kRight : Transpose::kLeft, n, n, k, of_x, of_x, false, Strided<float>{gram.data(), n});
    ConvertRow(gram.data(), n * n, square_factor.data());
    Multiply(Transpose::kNone, n, n, n, of_square, of_square, false, Strided<float>{polynomial.data(), n});
    for (int64_t i = 0; i < n * n; ++i) polynomial[i] = kB * gram[i] + kC * polynomial[i];
    ConvertRow(polynomial.data(), n * n, square_factor.data());
    Multiply(Transpose::kNone, rows, columns, n, left ? of_square : of_x, left ? of_x : of_square, false,
             Strided<float>{change.data(), columns});
    for (int64_t i = 0; i < size; ++i) x[i] = kA * x[i] + change[i];
  }
}

}  // namespace

void Orthogonalize(int64_t rows, int64_t columns, bool bf16, std::span<float> u) {
  double squares = 0.0;
  for (const float value : u) squares += static_cast<double>(value) * value;
  if (squares == 0.0) return;
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares));
  for (float& value : u) value *= scale;
  bf16 ? NewtonSchulz<BFloat16>(rows, columns, u) : NewtonSchulz<float>(rows, columns, u);
}

Muon::Muon(const MuonOptions& options, std::vector<MuonMatrix> matrices)
    : options_(options), matrices_(std::move(matrices)) {}

void Muon::Update(double lr, std::span<const float> gradients, std::span<float> momenta,
                  std::span<float> values) const {
  const auto momentum = static_cast<float>(options_.momentum);
  const auto keep = static_cast<float>(1.0 - lr * options_.weight_decay);
  WorkbenchPool().Run(static_cast<int64_t>(matrices_.size()), [&](int64_t index) {
    const MuonMatrix& matrix = matrices_[index];
    const int64_t size = matrix.rows * matrix.columns;
    const auto g = gradients.subspan(matrix.offset, size);
    const auto m = momenta.subspan(matrix.offset, size), w = values.subspan(matrix.offset, size);
    std::vector<float> u(size);
    for (int64_t i = 0; i < size; ++i) {
      m[i] = momentum * m[i] + g[i];
      u[i] = g[i] + momentum * m[i];
    }
    Orthogonalize(matrix.rows, matrix.columns, options_.bf16, u);
    const auto longest = static_cast<double>(std::max(matrix.rows, matrix.columns));
    const auto rate = static_cast<float>(lr * kUpdateSize * std::sqrt(longest));
    for (int64_t i = 0; i < size; ++i) w[i] = keep * w[i] - rate * u[i];
  });
}

}  // namespace bantam
