#include <cmath>
#include <vector>

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
