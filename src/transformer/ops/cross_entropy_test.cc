#include "transformer/ops/cross_entropy.h"

#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CheckGradient;
using testing::Gaussians;
using testing::kRounding;
using testing::Widen;

template <typename T>
std::vector<T> Backward(const std::vector<T>& logits, int32_t target, T weight) {
  std::vector<T> dlogits(logits.size(), 7);
  CrossEntropyBackward<T, T>(logits, target, CrossEntropyForward<T>(logits, target), weight, dlogits);
  return dlogits;
}

template <typename T>
class CrossEntropyTest : public ::testing::Test {};
TYPED_TEST_SUITE(CrossEntropyTest, testing::Reals);

TYPED_TEST(CrossEntropyTest, KnownValues) {
  using T = TypeParam;
  const std::vector<T> even(8, T(-2.5)), one{3};
  EXPECT_NEAR(CrossEntropyForward<T>(even, 5), std::log(8.0), 4 * kRounding<T> * std::log(8.0));
  EXPECT_EQ(CrossEntropyForward<T>(one, 0), 0);
  // Logits whose exponentials overflow, and a target that has all of the probability or none that can be told.
  const std::vector<T> far{1000, 0, -1000};
  EXPECT_EQ(CrossEntropyForward<T>(far, 0), 0);
  EXPECT_EQ(CrossEntropyForward<T>(far, 2), 2000);
  EXPECT_THAT(Backward<T>(far, 0, 2), ::testing::ElementsAre(0, 0, 0));
  EXPECT_THAT(Backward<T>(far, 2, 2), ::testing::ElementsAre(2, 0, -2));
}

TEST(CrossEntropyBackwardTest, MatchesFiniteDifferences) {
  const std::vector<std::vector<double>> rows{Gaussians<double>(37, 1), {0, 0, 0, 0}, {2, 2, -1, 2}, {-30, 8}, {1}};
  for (const std::vector<double>& logits : rows) {
    for (const double weight : {1.0, -0.25, 0.0}) {
      const int32_t target = static_cast<int32_t>(logits.size()) / 2;
      CheckGradient([&](std::span<const double> x) { return weight * CrossEntropyForward<double>(x, target); }, logits,
                    Backward<double>(logits, target, weight));
    }
  }
}

TEST(CrossEntropyBackwardTest, FloatMatchesDoubleAndAddsUpToZero) {
  constexpr int64_t kVocab = 5000;
  const std::vector<float> logits = Gaussians<float>(kVocab, 1);
  const std::vector<float> dlogits = Backward<float>(logits, 4000, 0.5f);
  const std::vector<double> exact = Backward<double>(Widen(logits), 4000, 0.5);
  double sum = 0;
  // The log of the sum of exponentials, 9.0, takes its rounding and those of a sum in 16 lanes; subtracted from a logit up to
  // 4 away from 0, the difference is off by another of 13, and the exponential by 3: relative in each value, and to 0.5 at the
  // target.
  const double relative = (9 + 2 * (kVocab / 16.0 + 5) + 13 + 4) * kRounding<float>;
  for (int64_t i = 0; i < kVocab; ++i) {
    EXPECT_NEAR(dlogits[i], exact[i], relative * std::abs(exact[i])) << i;
    sum += dlogits[i];
  }
  EXPECT_NEAR(sum, 0, relative * 0.5);
  EXPECT_NEAR(CrossEntropyForward<float>(logits, 4000), CrossEntropyForward<double>(Widen(logits), 4000), relative);
}

}  // namespace
}  // namespace bantam
