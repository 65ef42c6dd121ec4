#include "train/muon.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "math/bfloat16.h"
#include "math/gemm.h"
#include "math/parallel.h"

namespace bantam {
namespace {

// Coefficients of the odd polynomial a x + b x^3 + c x^5 that lifts small singular values fastest (the post, "Tuning the
// coefficients").
constexpr float kA = 3.4445f, kB = -4.7750f, kC = 2.0315f;
constexpr int kIterations = 5;
// Update of AdamW's usual root mean square (arXiv:2502.16982, section 2.2).
constexpr double kUpdateSize = 0.2;

// C [m, n] = op(A) op(B), row-major without gaps.
void Product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, const float* b,
             float* c) {
  Gemm(transpose_a, transpose_b, m, n, k, 1.0f, a, transpose_a ? m : k, b, transpose_b ? k : n, 0.0f, c, n);
}

void Product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const BFloat16* a, const BFloat16* b,
             float* c) {
  GemmBf16(transpose_a, transpose_b, m, n, k, &a->bits, transpose_a ? m : k, &b->bits, transpose_b ? k : n, false, c,
           n);
}

// The factors of products: rounded to bfloat16, or the floats themselves.
template <typename T>
class Factor {
 public:
  const T* Of(std::span<const float> values) {
    if constexpr (std::is_same_v<T, float>) {
      return values.data();
    } else {
      rounded_.resize(values.size());
      std::transform(values.begin(), values.end(), rounded_.begin(), RoundToBFloat16);
      return rounded_.data();
    }
  }

 private:
  std::vector<T> rounded_;
};

template <typename T>
void NewtonSchulz(int64_t rows, int64_t columns, std::span<float> x) {
  const bool left = rows <= columns;  // G = X X^T where that is smaller than X^T X
  const int64_t n = std::min(rows, columns), k = std::max(rows, columns);
  std::vector<float> gram(n * n), polynomial(n * n), change(x.size());
  Factor<T> of_x, of_gram, of_polynomial;
  for (int iteration = 0; iteration < kIterations; ++iteration) {  // X = a X + (b G + c G^2) X
    const T* factor = of_x.Of(x);
    Product(!left, left, n, n, k, factor, factor, gram.data());
    const T* gram_factor = of_gram.Of(gram);
    Product(false, false, n, n, n, gram_factor, gram_factor, polynomial.data());
    for (int64_t i = 0; i < n * n; ++i) polynomial[i] = kB * gram[i] + kC * polynomial[i];
    const T* polynomial_factor = of_polynomial.Of(polynomial);
    Product(false, false, rows, columns, n, left ? polynomial_factor : factor, left ? factor : polynomial_factor,
            change.data());
    for (size_t i = 0; i < x.size(); ++i) x[i] = kA * x[i] + change[i];
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
