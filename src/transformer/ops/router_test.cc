#include "transformer/ops/router.h"

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/expert_rows.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using testing::kRounding;

MoeArchitecture Moe(int64_t experts, int64_t used) {
  MoeArchitecture moe;
  moe.experts = experts;
  moe.experts_used = used;
  return moe;
}

template <typename T>
struct Routed {
  std::vector<int32_t> chosen;
  std::vector<T> weights;
};

template <typename T>
Routed<T> Route(const MoeArchitecture& moe, std::vector<T> scores, const std::vector<T>& bias = {}) {
  Routed<T> routed;
  routed.chosen.resize(scores.size() / moe.experts * moe.experts_used);
  routed.weights.resize(routed.chosen.size());
  RouterForward<T>(moe, bias, scores, routed.chosen, routed.weights);
  return routed;
}

template <typename T>
class RouterTest : public ::testing::Test {};
TYPED_TEST_SUITE(RouterTest, testing::Reals);

TYPED_TEST(RouterTest, SoftmaxGivesTheLargestInOrder) {
  using T = TypeParam;
  // exp of these: 1, 8, 4, 2 and 2, 1, 1, 4
  const T l = std::log(T{2});
  const std::vector<T> logits{0, 3 * l, 2 * l, l, l, 0, 0, 2 * l};
  MoeArchitecture moe = Moe(4, 2);
  const Routed<T> plain = Route<T>(moe, logits);
  EXPECT_THAT(plain.chosen, ElementsAre(1, 2, 3, 0));
  const double near = 20 * kRounding<T>;
  EXPECT_NEAR(plain.weights[0], 8 / 15.0, near);
  EXPECT_NEAR(plain.weights[1], 4 / 15.0, near);
  EXPECT_NEAR(plain.weights[2], 4 / 8.0, near);
  moe.normalize_weights = true;
  moe.weights_scale = 3;
  const Routed<T> normalised = Route<T>(moe, logits);
  EXPECT_EQ(normalised.chosen, plain.chosen);
  EXPECT_NEAR(normalised.weights[0], 3 * 8 / 12.0, 3 * near);
  EXPECT_NEAR(normalised.weights[3], 3 * 2 / 6.0, 3 * near);
}

TYPED_TEST(RouterTest, SelectionBiasChoosesAndDoesNotWeigh) {
  using T = TypeParam;
  MoeArchitecture moe = Moe(3, 1);
  moe.router = RouterKind::kSigmoid;
  const std::vector<T> logits{2, 0, 1}, bias{0, T(0.9), 0};
  EXPECT_THAT(Route<T>(moe, logits).chosen, ElementsAre(0));
  const Routed<T> biased = Route<T>(moe, logits, bias);
  EXPECT_THAT(biased.chosen, ElementsAre(1));
  EXPECT_THAT(biased.weights, ElementsAre(T(0.5)));
}

TYPED_TEST(RouterTest, SumOfWeightsHasAFloor) {
  using T = TypeParam;
  MoeArchitecture moe = Moe(3, 2);
  moe.router = RouterKind::kSigmoid;
  moe.normalize_weights = true;
  const Routed<T> routed = Route<T>(moe, {-20, -20, -30});
  const double p = 1 / (1 + std::exp(20.0));
  EXPECT_NEAR(routed.weights[0] / (p * 16384), 1, 20 * kRounding<T>);
}

TYPED_TEST(RouterTest, TiesAndNanStillGiveDistinctExperts) {
  using T = TypeParam;
  EXPECT_THAT(Route<T>(Moe(5, 3), {1, 2, 2, 1, 1}).chosen, ElementsAre(1, 2, 0));
  const T nan = std::numeric_limits<T>::quiet_NaN();
  MoeArchitecture moe = Moe(4, 4);
  moe.router = RouterKind::kSigmoid;
  EXPECT_THAT(Route<T>(moe, {nan, 1, nan, 2}).chosen, ElementsAre(3, 1, 0, 2));
  const std::vector<int32_t> all_nan = Route<T>(Moe(4, 2), {nan, nan, nan, nan}).chosen;
  EXPECT_EQ(std::set<int32_t>(all_nan.begin(), all_nan.end()).size(), 2u);
}

TYPED_TEST(RouterTest, RowsComeBackWhereTheyCameFrom) {
  using T = TypeParam;
  constexpr int64_t kTokens = 50, kExperts = 7, kUsed = 3, kWidth = 5;
  const Routed<T> routed = Route<T>(Moe(kExperts, kUsed), testing::Gaussians<T>(kTokens * kExperts, 1));
  const ExpertRows sorted(kExperts, kUsed, routed.chosen);
  const std::vector<T> x = testing::Gaussians<T>(kTokens * kWidth, 2);
  std::vector<T> y(x.size());
  std::vector<int> seen(routed.chosen.size());
  for (int64_t expert = 0; expert < kExperts; ++expert) {
    const std::span<const int64_t> rows = sorted.RowsOf(expert), slots = sorted.SlotsOf(expert);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(routed.chosen[slots[i]], expert);
      EXPECT_EQ(slots[i] / kUsed, rows[i]);
      ++seen[slots[i]];
    }
    std::vector<T> gathered(rows.size() * kWidth);
    GatherRowsForward<T>(x, kWidth, rows, gathered);
    ScatterRowsForward<T>(gathered, kWidth, rows, std::vector<T>(rows.size(), T(0.5)), y);
  }
  EXPECT_THAT(seen, ::testing::Each(1));
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], 1.5 * x[i], 4 * kRounding<T> * std::abs(x[i]));
}

}  // namespace
}  // namespace bantam
