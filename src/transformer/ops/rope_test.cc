#include "transformer/ops/rope.h"

#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::Gaussians;
using testing::kRounding;

constexpr int64_t kTokens = 40, kHeads = 3, kHeadDim = 12;

Architecture RopeArchitecture(int64_t rope_dim) {
  Architecture a;
  a.rope_dim = rope_dim;
  a.rope_theta = 100;
  a.rope_linear_factor = 2;
  for (int64_t i = 0; i < rope_dim / 2; ++i) a.rope_freq_factors.push_back(1.0f + 0.5f * static_cast<float>(i));
  return a;
}

template <typename T>
class RopeTest : public ::testing::Test {};
TYPED_TEST_SUITE(RopeTest, testing::Reals);

TYPED_TEST(RopeTest, TurnsPairsAsComplexNumbers) {
  using T = TypeParam;
  for (const int64_t rope_dim : {kHeadDim, int64_t{8}}) {
    const Architecture a = RopeArchitecture(rope_dim);
    const RopeTable<T> table(a, kTokens);
    for (const RopeStyle style : {RopeStyle::kInterleaved, RopeStyle::kHalf}) {
      const std::vector<T> x = Gaussians<T>(kTokens * kHeads * kHeadDim, 1);
      std::vector<T> y = x;
      RopeForward<T>(style, table, 0, kHeads, kHeadDim, y);
      for (int64_t row = 0; row < kTokens * kHeads; ++row) {
        const int64_t position = row / kHeads, start = row * kHeadDim;
        for (int64_t i = 0; i < rope_dim / 2; ++i) {
          const int64_t first = start + (style == RopeStyle::kHalf ? i : 2 * i);
          const int64_t second = style == RopeStyle::kHalf ? first + rope_dim / 2 : first + 1;
          const double angle =
              position / 2.0 / a.rope_freq_factors[i] * std::pow(100.0, -2.0 * static_cast<double>(i) / rope_dim);
          const double size = std::abs(double{x[first]}) + std::abs(double{x[second]});
          // Sine, cosine, two products and a sum round once each; in double the angle (up to 20) does too.
          const double bound = (sizeof(T) == 8 ? 4 + 4 * angle : 4) * kRounding<T> * size;
          EXPECT_NEAR(y[first], x[first] * std::cos(angle) - x[second] * std::sin(angle), bound);
          EXPECT_NEAR(y[second], x[first] * std::sin(angle) + x[second] * std::cos(angle), bound);
        }
        for (int64_t j = rope_dim; j < kHeadDim; ++j) EXPECT_EQ(y[start + j], x[start + j]);
      }
    }
  }
}

// What the position embedding is for: scores depend on the distance of query and key alone.
TYPED_TEST(RopeTest, DotProductsDependOnDistance) {
  using T = TypeParam;
  const RopeTable<T> table(RopeArchitecture(kHeadDim), kTokens);
  const std::vector<T> query = Gaussians<T>(kHeadDim, 1), key = Gaussians<T>(kHeadDim, 2);
  for (const RopeStyle style : {RopeStyle::kInterleaved, RopeStyle::kHalf}) {
    const auto dot = [&](int64_t query_position, int64_t key_position) {
      std::vector<T> q = query, k = key;
      RopeForward<T>(style, table, query_position, 1, kHeadDim, q);
      RopeForward<T>(style, table, key_position, 1, kHeadDim, k);
      double sum = 0;
      for (int64_t j = 0; j < kHeadDim; ++j) sum += double{q[j]} * k[j];
      return sum;
    };
    for (int64_t distance = 0; distance < 20; ++distance) {
      // Both vectors are about 3.5 long, and each of 12 products has some 10 roundings behind it.
      EXPECT_NEAR(dot(19 + distance, 19), dot(distance, 0), 12 * 20 * kRounding<T>);
    }
    EXPECT_GT(std::abs(dot(5, 0) - dot(0, 0)), 0.01);
  }
}

TYPED_TEST(RopeTest, PiecesOfASequenceEqualTheWhole) {
  using T = TypeParam;
  const RopeTable<T> table(RopeArchitecture(kHeadDim), kTokens);
  std::vector<T> whole = Gaussians<T>(kTokens * kHeadDim, 1), pieces = whole;
  RopeForward<T>(RopeStyle::kHalf, table, 0, 1, kHeadDim, whole);
  const std::span<T> all(pieces);
  RopeForward<T>(RopeStyle::kHalf, table, 0, 1, kHeadDim, all.first(7 * kHeadDim));
  RopeForward<T>(RopeStyle::kHalf, table, 7, 1, kHeadDim, all.subspan(7 * kHeadDim));
  EXPECT_EQ(pieces, whole);
}

TEST(RopeBackwardTest, MatchesFiniteDifferences) {
  constexpr int64_t kRows = 3, kFirst = 5;
  for (const int64_t rope_dim : {kHeadDim, int64_t{8}}) {
    const RopeTable<double> table(RopeArchitecture(rope_dim), kTokens);
    for (const RopeStyle style : {RopeStyle::kInterleaved, RopeStyle::kHalf}) {
      const std::vector<double> x = Gaussians<double>(kRows * kHeads * kHeadDim, 1),
                                dy = Gaussians<double>(std::ssize(x), 2);
      std::vector<double> dx = dy;
      RopeBackward<double>(style, table, kFirst, kHeads, kHeadDim, dx);
      testing::CheckGradient(
          [&](std::span<const double> values) {
            std::vector<double> y(values.begin(), values.end());
            RopeForward<double>(style, table, kFirst, kHeads, kHeadDim, y);
            return testing::Dot(dy, y);
          },
          x, dx);
    }
  }
}

// In float as in double: a turn there and back leaves what was there.
TYPED_TEST(RopeTest, BackwardUndoesForward) {
  using T = TypeParam;
  const RopeTable<T> table(RopeArchitecture(kHeadDim), kTokens);
  for (const RopeStyle style : {RopeStyle::kInterleaved, RopeStyle::kHalf}) {
    const std::vector<T> x = Gaussians<T>(kTokens * kHeads * kHeadDim, 1);
    std::vector<T> y = x;
    RopeForward<T>(style, table, 0, kHeads, kHeadDim, y);
    EXPECT_GT(std::abs(y[kHeads * kHeadDim] - x[kHeads * kHeadDim]), 0.01);
    RopeBackward<T>(style, table, 0, kHeads, kHeadDim, y);
    // Each way rounds sine, cosine, two products and a sum, of values below 5 times 2.
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], x[i], 2 * 4 * 10 * kRounding<T>);
  }
}

}  // namespace
}  // namespace bantam
