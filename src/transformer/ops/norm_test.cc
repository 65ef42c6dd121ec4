#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/layer_norm.h"
#include "transformer/ops/rms_norm.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::Gaussians;
using testing::kRounding;

constexpr int64_t kRows = 5, kWidth = 37;
constexpr double kEps = 1e-3;

template <typename T>
class NormTest : public ::testing::Test {};
TYPED_TEST_SUITE(NormTest, testing::Reals);

TYPED_TEST(NormTest, RmsNormMatchesFormula) {
  using T = TypeParam;
  const std::vector<T> x = Gaussians<T>(kRows * kWidth, 1), gain = Gaussians<T>(kWidth, 2);
  std::vector<T> y = x;
  RmsNormForward<T>(y, gain, kEps, y);  // in place
  for (int64_t i = 0; i < kRows; ++i) {
    long double squares = 0;
    for (int64_t j = 0; j < kWidth; ++j) squares += static_cast<long double>(x[i * kWidth + j]) * x[i * kWidth + j];
    const long double scale = 1 / std::sqrt(squares / kWidth + kEps);
    for (int64_t j = 0; j < kWidth; ++j) {
      const double expected = static_cast<double>(x[i * kWidth + j] * scale * gain[j]);
      // The scale and two products round once each; in double its own sum adds up to kWidth roundings of the same size.
      const double roundings = sizeof(T) == 8 ? 3 + kWidth : 3.01;
      EXPECT_NEAR(y[i * kWidth + j], expected, roundings * kRounding<T> * std::abs(expected));
    }
  }
}

TYPED_TEST(NormTest, LayerNormMatchesFormula) {
  using T = TypeParam;
  std::vector<T> x = Gaussians<T>(kRows * kWidth, 1);
  for (T& value : x) value += 3;  // a mean that matters
  const std::vector<T> gain = Gaussians<T>(kWidth, 2), bias = Gaussians<T>(kWidth, 3);
  std::vector<T> y(x.size());
  LayerNormForward<T>(x, gain, bias, kEps, y);
  for (int64_t i = 0; i < kRows; ++i) {
    long double mean = 0, squares = 0;
    for (int64_t j = 0; j < kWidth; ++j) mean += x[i * kWidth + j] / static_cast<long double>(kWidth);
    for (int64_t j = 0; j < kWidth; ++j) squares += (x[i * kWidth + j] - mean) * (x[i * kWidth + j] - mean);
    for (int64_t j = 0; j < kWidth; ++j) {
      const double scaled =
          static_cast<double>((x[i * kWidth + j] - mean) / std::sqrt(squares / kWidth + kEps) * gain[j]);
      // Rounded: the normalised value, its product with the gain, the sum. In double the mean is off by up to kWidth
      // roundings of itself (3), which all differences inherit.
      const double roundings = sizeof(T) == 8 ? 6 * kWidth : 3.01;
      EXPECT_NEAR(y[i * kWidth + j], scaled + bias[j],
                  roundings * kRounding<T> * (1 + std::abs(scaled) + std::abs(bias[j])) * (1 + std::abs(gain[j])));
    }
  }
}

TYPED_TEST(NormTest, RowsOfZerosStayFinite) {
  using T = TypeParam;
  const std::vector<T> gain(4, 2), bias(4, 5);
  std::vector<T> x(8, 0);
  RmsNormForward<T>(x, gain, 1e-6, x);
  EXPECT_THAT(x, ::testing::Each(T{0}));
  LayerNormForward<T>(x, gain, bias, 1e-6, x);
  EXPECT_THAT(x, ::testing::Each(T{5}));
}

}  // namespace
}  // namespace bantam
