#include "transformer/ops/router_losses.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/router.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CheckGradient;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Gaussians;
using testing::kRounding;
using testing::Widen;
using Doubles = std::span<const double>;

constexpr int64_t kExperts = 5, kUsed = 2;
constexpr RouterKind kKinds[] = {RouterKind::kSoftmax, RouterKind::kSigmoid};

MoeArchitecture Router(RouterKind kind) {
  MoeArchitecture moe;
  moe.experts = kExperts;
  moe.experts_used = kUsed;
  moe.router = kind;
  return moe;
}

template <typename T>
struct Routed {
  std::vector<T> p;
  std::vector<int32_t> chosen;
};

template <typename T>
Routed<T> Route(const MoeArchitecture& moe, std::span<const T> logits, std::span<const T> bias = {}) {
  Routed<T> routed{{logits.begin(), logits.end()}, std::vector<int32_t>(logits.size() / kExperts * kUsed)};
  std::vector<T> weights(routed.chosen.size());
  RouterForward<T>(moe, bias, routed.p, routed.chosen, weights);
  return routed;
}

// Three tokens of Gaussians, one of zeros, one with ties, one far out.
std::vector<double> Logits() {
  std::vector<double> logits = Gaussians<double>(3 * kExperts, 1);
  logits.insert(logits.end(), {0, 0, 0, 0, 0, 1, 2, 2, 1, 2, -20, 12, -9, 0, 4});
  return logits;
}

std::vector<double> WithoutBefore(std::vector<double> gradient, double before) {
  for (double& value : gradient) value -= before;
  return gradient;
}

TEST(RouterZLossTest, KnownValues) {
  const std::vector<double> logits{0, 0, 0, 0, std::log(2.0), std::log(1.0), std::log(4.0), std::log(1.0)};
  const double z[] = {std::log(4.0), std::log(8.0)};
  EXPECT_NEAR(RouterZLoss<double>(logits, 4), (z[0] * z[0] + z[1] * z[1]) / 2, 1e-14);
  EXPECT_NEAR(RouterZLoss<float>(std::vector<float>{1000, 0}, 2), 1e6, 1e-6);  // exp of it overflows
  EXPECT_EQ(RouterZLoss<double>({}, 4), 0);
}

TEST(RouterZLossTest, GradientMatchesFiniteDifferences) {
  const std::vector<double> logits = Logits();
  for (const int64_t tokens : {std::ssize(logits) / kExperts, std::ptrdiff_t{1}}) {
    const Doubles some = Doubles(logits).first(tokens * kExperts);
    std::vector<double> dlogits(some.size(), 2);
    RouterZLossBackward<double>(some, kExperts, 0.5, dlogits);
    CheckGradient([](Doubles values) { return 0.5 * RouterZLoss<double>(values, kExperts); }, some,
                  WithoutBefore(dlogits, 2));
  }
  RouterZLossBackward<double>({}, kExperts, 0.5, {});
}

TEST(BalanceLossTest, IsOneForAnEvenLoadAndGrowsToTheNumberOfExperts) {
  for (const RouterKind kind : kKinds) {
    MoeArchitecture moe = Router(kind);
    const std::vector<double> even(5 * kExperts, 1.0 / kExperts);
    EXPECT_NEAR(BalanceLoss<double>(moe, even, std::vector<int32_t>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}), 1, 1e-15);
    moe.experts_used = 1;
    const std::vector<double> one_sided{1, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    EXPECT_NEAR(BalanceLoss<double>(moe, one_sided, std::vector<int32_t>{0, 0}), kExperts, 1e-14);
    EXPECT_EQ(BalanceLoss<double>(moe, {}, {}), 0);
  }
}

TEST(BalanceLossTest, GradientMatchesFiniteDifferences) {
  const std::vector<double> logits = Logits();
  for (const RouterKind kind : kKinds) {
    const MoeArchitecture moe = Router(kind);
    for (const int64_t tokens :
         {std::ssize(logits) / kExperts, std::ptrdiff_t{1}}) {  // of one token, 3 go without rows
      const Doubles some = Doubles(logits).first(tokens * kExperts);
      const Routed<double> routed = Route<double>(moe, some);
      std::vector<double> dlogits(some.size(), 2);
      BalanceLossBackward<double>(moe, routed.p, routed.chosen, 0.5, dlogits);
      CheckGradient(
          [&](Doubles values) { return 0.5 * BalanceLoss<double>(moe, Route<double>(moe, values).p, routed.chosen); },
          some, WithoutBefore(dlogits, 2));
    }
  }
}

TEST(BalanceLossTest, SigmoidsThatAreAllZeroHaveNoGradient) {
  const std::vector<float> p(kExperts);
  std::vector<float> dlogits(kExperts);
  const std::vector<int32_t> chosen{0, 1};
  EXPECT_EQ(BalanceLoss<float>(Router(RouterKind::kSigmoid), p, chosen), 0);
  BalanceLossBackward<float>(Router(RouterKind::kSigmoid), p, chosen, 1.0, dlogits);
  EXPECT_THAT(dlogits, Each(0.0f));
}

TEST(RouterLossesTest, FloatMatchesDouble) {
  const std::vector<float> logits = Gaussians<float>(100 * kExperts, 1);
  std::vector<float> dlogits(logits.size());
  std::vector<double> exact(logits.size());
  RouterZLossBackward<float>(logits, kExperts, 1.0, dlogits);
  RouterZLossBackward<double>(Widen(logits), kExperts, 1.0, exact);
  // All is computed in double and rounded once.
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_FLOAT_EQ(dlogits[i], static_cast<float>(exact[i]));
  for (const RouterKind kind : kKinds) {
    const MoeArchitecture moe = Router(kind);
    const Routed<float> routed = Route<float>(moe, logits);
    std::fill(dlogits.begin(), dlogits.end(), 0.0f);
    std::fill(exact.begin(), exact.end(), 0.0);
    BalanceLossBackward<float>(moe, routed.p, routed.chosen, 1.0, dlogits);
    BalanceLossBackward<double>(moe, Widen(routed.p), routed.chosen, 1.0, exact);
    for (size_t i = 0; i < exact.size(); ++i) {
      EXPECT_NEAR(dlogits[i], exact[i], 1.01 * kRounding<float> * std::abs(exact[i]));
    }
  }
}

TEST(UpdateSelectionBiasTest, StepsTowardsTheMean) {
  std::vector<float> bias{1, 1, 1, 1};
  UpdateSelectionBias(std::vector<int64_t>{4, 0, 2, 2}, 0.25, bias);
  EXPECT_THAT(bias, ElementsAre(0.75f, 1.25f, 1.0f, 1.0f));
  UpdateSelectionBias(std::vector<int64_t>{1, 1, 1, 2}, 0.25, bias);  // a mean of 1.25
  EXPECT_THAT(bias, ElementsAre(1.0f, 1.5f, 1.25f, 0.75f));
}

TEST(UpdateSelectionBiasTest, EvensOutTheLoad) {
  constexpr int64_t kTokens = 400;
  std::vector<double> logits = Gaussians<double>(kTokens * kExperts, 1);
  for (size_t i = 0; i < logits.size(); i += kExperts)
    logits[i] += 3, logits[i + 1] -= 3;  // a favourite and an outcast
  std::vector<float> bias(kExperts);
  const auto loads = [&] {
    std::vector<int64_t> tokens(kExperts);
    const std::vector<double> wide = Widen(bias);
    for (const int32_t e : Route<double>(Router(RouterKind::kSigmoid), logits, wide).chosen) ++tokens[e];
    return tokens;
  };
  constexpr int64_t kMean = kTokens * kUsed / kExperts;
  const std::vector<int64_t> before = loads();
  EXPECT_GT(before[0], 2 * kMean);
  EXPECT_LT(before[1], kMean / 4);
  for (int step = 0; step < 200; ++step) UpdateSelectionBias(loads(), 0.01, bias);
  // A step of 0.01 moves some percent of the tokens, whose p lie within about 1 of one another.
  for (const int64_t load : loads()) EXPECT_NEAR(load, kMean, 0.2 * kMean);
}

}  // namespace
}  // namespace bantam
