// Newton-Schulz iterations on matrices whose singular values are known, and Muon's update against its formula in double.
#include "train/muon.h"

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "math/gemm.h"
#include "testing/testing.h"
#include "train/optimizer.h"

namespace bantam {
namespace {

// What five iterations make of one singular value.
double Iterated(double s) {
  for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.7750 * std::pow(s, 3) + 2.0315 * std::pow(s, 5);
  return s;
}

// [rows, columns] with `values` on its diagonal, in the basis that a plane rotation of its first two rows and one of its first
// two columns make.
std::vector<float> Rotated(int64_t rows, int64_t columns, const std::vector<double>& values) {
  std::vector<double> x(rows * columns);
  for (size_t i = 0; i < values.size(); ++i) x[i * columns + i] = values[i];
  const double c = std::cos(0.7), s = std::sin(0.7);
  for (int64_t j = 0; j < columns; ++j) {
    const double a = x[j], b = x[columns + j];
    x[j] = c * a - s * b;
    x[columns + j] = s * a + c * b;
  }
  for (int64_t i = 0; i < rows; ++i) {
    const double a = x[i * columns], b = x[i * columns + 1];
    x[i * columns] = s * a + c * b;
    x[i * columns + 1] = c * a - s * b;
  }
  return {x.begin(), x.end()};
}

TEST(MuonTest, SingularValuesFollowThePolynomialAndVectorsStay) {
  const std::vector<double> values = {8.0, 4.0, 1.0, 0.25, 0.1};
  double squares = 0.0;
  for (const double value : values) squares += value * value;
  std::vector<double> expected;
  for (const double value : values) expected.push_back(Iterated(value / std::sqrt(squares)));
  for (const double value : expected) {
    EXPECT_GT(value, 0.68);
    EXPECT_LT(value, 1.14);
  }
  struct Shape {
    int64_t rows, columns;
  };
  for (const auto [rows, columns] : {Shape{5, 5}, Shape{5, 9}, Shape{9, 5}}) {
    const std::vector<float> wanted = Rotated(rows, columns, expected);
    std::vector<float> x = Rotated(rows, columns, values);
    Orthogonalize(rows, columns, false, x);
    // The polynomial's slope is at most 3.45, so an error of an iteration grows to 3.45^4 = 142 of it.
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], wanted[i], 142 * 8 * 0x1p-24) << rows << ", " << i;
    if (!GemmBf16Supported()) continue;
    x = Rotated(rows, columns, values);
    Orthogonalize(rows, columns, true, x);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], wanted[i], 0.15) << rows << ", " << i;
  }
}

TEST(MuonTest, NothingStaysNothing) {
  std::vector<float> x(12);
  Orthogonalize(3, 4, false, x);
  EXPECT_EQ(x, std::vector<float>(12));
}

TEST(MuonTest, FollowsTheFormula) {
  constexpr int64_t kRows = 6, kColumns = 4, kBefore = 3, kSize = kBefore + kRows * kColumns;
  const Muon muon({.momentum = 0.9, .weight_decay = 0.5, .bf16 = false}, {{kBefore, kRows, kColumns}});
  Rng rng(1);
  const auto gaussians = [&] {
    std::vector<float> values(kSize);
    for (float& value : values) value = static_cast<float>(rng.NextGaussian());
    return values;
  };
  std::vector<float> values = gaussians(), momenta(kSize);
  const std::vector<float> first = values;
  std::vector<double> w(values.begin(), values.end()), m(kSize);
  constexpr double kRate = 0.1;
  for (int step = 0; step < 3; ++step) {
    const std::vector<float> g = gaussians();
    muon.Update(kRate, g, momenta, values);
    std::vector<float> u(kRows * kColumns);
    for (int64_t i = kBefore; i < kSize; ++i) {
      m[i] = 0.9 * m[i] + g[i];
      u[i - kBefore] = static_cast<float>(g[i] + 0.9 * m[i]);
    }
    Orthogonalize(kRows, kColumns, false, u);
    for (int64_t i = kBefore; i < kSize; ++i) {
      w[i] = w[i] * (1.0 - kRate * 0.5) - kRate * 0.2 * std::sqrt(6.0) * u[i - kBefore];
    }
  }
  for (int64_t i = 0; i < kBefore; ++i) EXPECT_EQ(values[i], first[i]);
  for (int64_t i = kBefore; i < kSize; ++i) {
    EXPECT_NEAR(values[i], w[i], 1e-5);
    EXPECT_NEAR(momenta[i], m[i], 1e-5);
  }
}

TEST(OptimizerTest, MuonTakesTheMatricesOfLayersAndAdamWTheRest) {
  const std::vector<Parametrization::Trainable> trainables = {
      {.name = "token_embd.weight", .shape = {4, 2}, .offset = 0, .size = 8},
      {.name = "experts", .shape = {2, 2, 3}, .offset = 8, .size = 12, .decays = true, .hidden_matrix = true}};
  Optimizer both({.muon_momentum = 0.95}, trainables), adamw({}, trainables);
  std::vector<float> gradients(20), with(20, 1.0f), without(20, 1.0f);
  for (int i = 0; i < 20; ++i) gradients[i] = static_cast<float>(i % 7) - 2.5f;
  both.Update(1, 0.01, gradients, with);
  adamw.Update(1, 0.01, gradients, without);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(with[i], without[i]);
  // Each expert is a matrix of its own.
  std::vector<float> momenta(20), expected(20, 1.0f);
  Muon({.momentum = 0.95}, {{8, 2, 3}, {14, 2, 3}}).Update(0.01, gradients, momenta, expected);
  for (int i = 8; i < 20; ++i) {
    EXPECT_EQ(with[i], expected[i]);
    EXPECT_NE(with[i], without[i]);
    EXPECT_EQ(both.first_moments()[i], momenta[i]);
  }
}

}  // namespace
}  // namespace bantam
