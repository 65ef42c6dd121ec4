#include "transformer/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/soft_cap.h"
#include "transformer/ops/softmax.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::Gaussians;
using testing::kRounding;

constexpr int64_t kTokens = 33, kHeadDim = 10, kStride = 14;

template <typename T>
class AttentionTest : public ::testing::Test {};
TYPED_TEST_SUITE(AttentionTest, testing::Reals);

// [kTokens, kHeadDim] inside rows of kStride; NaN between them, so that reading or writing there shows.
template <typename T>
std::vector<T> Spaced(uint64_t stream) {
  std::vector<T> values = Gaussians<T>(kTokens * kStride, stream);
  for (int64_t i = 0; i < kTokens * kStride; ++i) {
    if (i % kStride >= kHeadDim) values[i] = std::numeric_limits<T>::quiet_NaN();
  }
  return values;
}

TYPED_TEST(AttentionTest, MatchesFormulaForEveryBlockWindowAndCap) {
  using T = TypeParam;
  const std::vector<T> q = Spaced<T>(1), k = Spaced<T>(2), v = Spaced<T>(3);
  for (const int64_t window : {0, 1, 4, 33, 40}) {
    for (const double cap : {0.0, 0.7}) {
      const AttentionParameters parameters{.scale = 0.3, .soft_cap = cap, .window = window};
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, kTokens}, {0, 1}, {5, 12}, {32, 33}}) {
        SCOPED_TRACE("window " + std::to_string(window) + " cap " + std::to_string(cap) + " rows " +
                     std::to_string(begin) + " to " + std::to_string(end));
        std::vector<T> probabilities((end - begin) * kTokens, 9), out = Spaced<T>(4);
        AttentionRowsForward<T>(parameters, kTokens, kHeadDim, begin, end, {q.data(), kStride}, {k.data(), kStride},
                                {v.data(), kStride}, probabilities, {out.data(), kStride});
        for (int64_t i = begin; i < end; ++i) {
          std::vector<double> p(kTokens), expected(kHeadDim);
          double sum = 0;
          for (int64_t j = 0; j <= i; ++j) {
            if (window > 0 && i - j >= window) continue;
            double score = 0;
            for (int64_t x = 0; x < kHeadDim; ++x) score += 0.3 * q[i * kStride + x] * k[j * kStride + x];
            p[j] = std::exp(cap > 0 ? cap * std::tanh(score / cap) : score);
            sum += p[j];
          }
          // Scores stay below 5 and are sums of 10 products, so they are off by up to 50 roundings, and probabilities by
          // so many of themselves; outputs add up to 33 of these.
          for (int64_t j = 0; j < kTokens; ++j) {
            const T probability = probabilities[(i - begin) * kTokens + j];
            EXPECT_NEAR(probability, p[j] / sum, 60 * kRounding<T> * p[j] / sum);  // zero exactly where masked
            for (int64_t x = 0; x < kHeadDim; ++x) expected[x] += p[j] / sum * v[j * kStride + x];
          }
          for (int64_t x = 0; x < kHeadDim; ++x) {
            EXPECT_NEAR(out[i * kStride + x], expected[x], 4 * 100 * kRounding<T>);
          }
        }
        const std::vector<T> before = Spaced<T>(4);
        for (int64_t i = 0; i < kTokens * kStride; ++i) {
          if (i / kStride >= begin && i / kStride < end && i % kStride < kHeadDim) continue;
          EXPECT_TRUE(out[i] == before[i] || std::isnan(before[i])) << "wrote outside its rows";
        }
      }
    }
  }
}

TYPED_TEST(AttentionTest, HugeScoresStayFinite) {
  using T = TypeParam;
  const std::vector<T> q(4, 1000), k{1000, 1000, -1000, -1000, 1000, 1000, 1000, 1000}, v{1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<T> probabilities(4), out(8);
  AttentionRowsForward<T>({}, 2, 4, 0, 1, {q.data(), 4}, {k.data(), 4}, {v.data(), 4},
                          std::span(probabilities).first(2), {out.data(), 4});
  EXPECT_THAT(std::span(out).first(4), ::testing::ElementsAre(1, 2, 3, 4));
  std::vector<T> scores{1e30f, -1e30f, 1e30f};
  SoftmaxForward<T>(scores);
  EXPECT_THAT(scores, ::testing::ElementsAre(T(0.5), T(0), T(0.5)));
}

TYPED_TEST(AttentionTest, SoftmaxOfManyEqualScoresAddsUp) {
  using T = TypeParam;
  std::vector<T> scores(100000, T(3.25));
  SoftmaxForward<T>(scores);
  double sum = 0;
  for (const T value : scores) sum += value;
  EXPECT_NEAR(sum, 1, 2 * kRounding<T> + 100000 * kRounding<double>);
}

TYPED_TEST(AttentionTest, SoftCap) {
  using T = TypeParam;
  std::vector<T> x{-1000, -3, 0, 0.001f, 3, 1000};
  std::vector<T> y = x;
  SoftCapForward<T>(0.0, y);
  EXPECT_EQ(y, x);
  SoftCapForward<T>(30.0, y);
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = 30 * std::tanh(x[i] / 30.0);
    EXPECT_NEAR(y[i], expected, 4 * kRounding<T> * std::abs(expected));  // quotient, tanh (off by up to 2), product
  }
}

}  // namespace
}  // namespace bantam
