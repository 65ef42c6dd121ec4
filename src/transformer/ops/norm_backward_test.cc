#include <cmath>
#include <vector>

#include "math/row_loops.h"
#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/layer_norm.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CheckGradient;
using testing::Dot;
using testing::Gaussians;
using testing::kRounding;
using testing::Widen;
using Doubles = std::span<const double>;

// Every gradient is added to what is there.
constexpr double kBefore = 3;

std::vector<double> WithoutBefore(std::vector<double> gradient) {
  for (double& value : gradient) value -= kBefore;
  return gradient;
}

void CheckLayerNorm(const std::vector<double>& x, int64_t width, double eps) {
  const std::vector<double> gain = Gaussians<double>(width, 2), bias = Gaussians<double>(width, 3),
                            dy = Gaussians<double>(std::ssize(x), 4);
  std::vector<double> dx(x.size(), kBefore), dgain(width, kBefore), dbias(width, kBefore);
  LayerNormBackward<double>(x, gain, eps, dy, dx, dgain, dbias);
  const auto loss = [&](Doubles values, Doubles gains, Doubles biases) {
    std::vector<double> y(x.size());
    LayerNormForward<double>(values, gains, biases, eps, y);
    return Dot(dy, y);
  };
  CheckGradient([&](Doubles values) { return loss(values, gain, bias); }, x, WithoutBefore(dx));
  CheckGradient([&](Doubles values) { return loss(x, values, bias); }, gain, WithoutBefore(dgain));
  CheckGradient([&](Doubles values) { return loss(x, gain, values); }, bias, WithoutBefore(dbias));
}

void CheckRmsNorm(const std::vector<double>& x, double eps) {
  const int64_t width = std::ssize(x);
  const std::vector<double> gain = Gaussians<double>(width, 2), dy = Gaussians<double>(width, 3);
  std::vector<double> dx(width, kBefore), dgain(width, kBefore);
  RmsNormRowBackward(x.data(), gain.data(), eps, dy.data(), width, dx.data(), dgain.data());
  const auto loss = [&](Doubles values, Doubles gains) {
    std::vector<double> y(width);
    RmsNormRow(values.data(), gains.data(), eps, width, y.data());
    return Dot(dy, y);
  };
  CheckGradient([&](Doubles values) { return loss(values, gain); }, x, WithoutBefore(dx));
  CheckGradient([&](Doubles values) { return loss(x, values); }, gain, WithoutBefore(dgain));
}

TEST(RmsNormBackwardTest, MatchesFiniteDifferences) {
  CheckRmsNorm(Gaussians<double>(37, 1), 1e-5);
  CheckRmsNorm({2}, 1e-5);
  CheckRmsNorm({3, 3, 3, 3}, 1e-5);
  CheckRmsNorm({0, 0, 0, 0}, 0.25);  // a pole at i sqrt(eps width): 1
}

TEST(RmsNormBackwardTest, FloatMatchesDouble) {
  for (const int64_t width : {1, 16, 37, 1000}) {
    const std::vector<float> x = Gaussians<float>(width, 1), gain = Gaussians<float>(width, 2),
                             dy = Gaussians<float>(width, 3);
    std::vector<float> dx(width), dgain(width);
    RmsNormRowBackward(x.data(), gain.data(), 1e-5, dy.data(), width, dx.data(), dgain.data());
    const std::vector<double> wide_x = Widen(x), wide_gain = Widen(gain), wide_dy = Widen(dy);
    std::vector<double> exact_dx(width), exact_dgain(width);
    RmsNormRowBackward(wide_x.data(), wide_gain.data(), 1e-5, wide_dy.data(), width, exact_dx.data(),
                       exact_dgain.data());
    double squares = 0, sizes = 0;
    for (int64_t i = 0; i < width; ++i) {
      squares += wide_x[i] * wide_x[i];
      sizes += std::abs(wide_dy[i] * wide_gain[i] * wide_x[i]);
    }
    const double scale = 1 / std::sqrt(squares / static_cast<double>(width) + 1e-5);
    const double pull = sizes * scale * scale * scale / static_cast<double>(width);
    // A sum in sixteen lanes rounds width / 16 + 5 times. Half of that is in the scale, which comes three times, and all of
    // it in the sum beside it; about ten roundings are of products.
    const double relative = (2.5 * (static_cast<double>(width) / 16 + 5) + 10) * kRounding<float>;
    for (int64_t i = 0; i < width; ++i) {
      const double terms = std::abs(wide_dy[i] * wide_gain[i]) * scale + std::abs(wide_x[i]) * pull;
      EXPECT_NEAR(dx[i], exact_dx[i], relative * terms);
      EXPECT_NEAR(dgain[i], exact_dgain[i], relative * std::abs(exact_dgain[i]));
    }
  }
}

TEST(LayerNormBackwardTest, MatchesFiniteDifferences) {
  std::vector<double> x = Gaussians<double>(5 * 7, 1);
  for (double& value : x) value += 3;
  CheckLayerNorm(x, 7, 1e-5);
  CheckLayerNorm(std::vector(x.begin(), x.begin() + 7), 7, 1e-5);  // one row
  CheckLayerNorm({1, -2, 3}, 1, 1e-1);                             // nothing is left of one value less its mean
}

// Values that are equal, all of them or all zero: the variance is 0, and only eps keeps 1 / sqrt(variance + eps) away from
// its pole, which must be 0.1 or more from the points of the differences.
TEST(LayerNormBackwardTest, RowsWithoutVariance) { CheckLayerNorm({0, 0, 0, 0, 5, 5, 5, 5, 1, 2, 2, 1}, 4, 0.25); }

TEST(LayerNormBackwardTest, FloatMatchesDouble) {
  constexpr int64_t kRows = 20, kWidth = 37;
  constexpr double kEps = 1e-5;
  const std::vector<float> x = Gaussians<float>(kRows * kWidth, 1), gain = Gaussians<float>(kWidth, 2),
                           dy = Gaussians<float>(kRows * kWidth, 3);
  std::vector<float> dx(x.size()), dgain(kWidth), dbias(kWidth);
  LayerNormBackward<float>(x, gain, kEps, dy, dx, dgain, dbias);
  std::vector<double> exact_dx(x.size()), exact_dgain(kWidth), exact_dbias(kWidth);
  LayerNormBackward<double>(Widen(x), Widen(gain), kEps, Widen(dy), exact_dx, exact_dgain, exact_dbias);
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(dx[i], exact_dx[i], 1.01 * kRounding<float> * std::abs(exact_dx[i]));  // one rounding, at the end
  }
  for (int64_t j = 0; j < kWidth; ++j) {
    double gains = 0, biases = 0;  // sums of sizes: |n| < sqrt(kWidth), and at most 4 for these
    for (int64_t i = 0; i < kRows; ++i) {
      gains += 4 * std::abs(dy[i * kWidth + j]);
      biases += std::abs(dy[i * kWidth + j]);
    }
    EXPECT_NEAR(dgain[j], exact_dgain[j], (kRows + 1) * kRounding<float> * gains);
    EXPECT_NEAR(dbias[j], exact_dbias[j], kRows * kRounding<float> * biases);
  }
}

}  // namespace
}  // namespace bantam
