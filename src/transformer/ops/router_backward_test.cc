#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/router.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CheckGradient;
using testing::Dot;
using ::testing::Each;
using testing::Gaussians;
using testing::kRounding;
using testing::Widen;
using Doubles = std::span<const double>;

// Every kind of router, with weights that are scaled and, or not, normalised.
std::vector<MoeArchitecture> Routers(int64_t experts, int64_t used) {
  std::vector<MoeArchitecture> routers;
  for (const RouterKind kind : {RouterKind::kSoftmax, RouterKind::kSigmoid}) {
    for (const bool normalize : {false, true}) {
      MoeArchitecture moe;
      moe.experts = experts;
      moe.experts_used = used;
      moe.router = kind;
      moe.normalize_weights = normalize;
      moe.weights_scale = 2.5;
      routers.push_back(moe);
    }
  }
  return routers;
}

template <typename T>
struct Routed {
  std::vector<T> p, weights;
  std::vector<int32_t> chosen;
};

template <typename T>
Routed<T> Route(const MoeArchitecture& moe, std::span<const T> logits, std::span<const T> bias = {}) {
  Routed<T> routed;
  routed.p.assign(logits.begin(), logits.end());
  routed.chosen.resize(logits.size() / moe.experts * moe.experts_used);
  routed.weights.resize(routed.chosen.size());
  RouterForward<T>(moe, bias, routed.p, routed.chosen, routed.weights);
  return routed;
}

// One token's weights for the experts of `chosen`, whatever its logits: a bias above every p chooses them in this order.
std::vector<double> WeightsOf(const MoeArchitecture& moe, Doubles logits, std::span<const int32_t> chosen) {
  std::vector<double> bias(moe.experts);
  for (size_t i = 0; i < chosen.size(); ++i) bias[chosen[i]] = static_cast<double>(2 * (chosen.size() - i));
  return Route<double>(moe, logits, bias).weights;
}

// `logits`: any number of tokens.
void CheckRouter(const MoeArchitecture& moe, const std::vector<double>& logits) {
  const Routed<double> routed = Route<double>(moe, logits);
  const std::vector<double> dweights = Gaussians<double>(std::ssize(routed.weights), 2);
  std::vector<double> dlogits(logits.size(), 7);
  RouterBackward<double>(moe, routed.p, routed.chosen, dweights, dlogits);
  const int64_t tokens = std::ssize(logits) / moe.experts;
  for (int64_t token = 0; token < tokens; ++token) {
    const auto row = [&](Doubles of) { return of.subspan(token * moe.experts, moe.experts); };
    const auto slots = [&](const auto& of) {
      return std::span(of).subspan(token * moe.experts_used, moe.experts_used);
    };
    const auto loss = [&](Doubles values) {
      return Dot(slots(dweights), WeightsOf(moe, values, slots(routed.chosen)));
    };
    EXPECT_EQ(loss(row(logits)), Dot(slots(dweights), slots(routed.weights)));
    CheckGradient(loss, row(logits), row(dlogits));
  }
}

TEST(RouterBackwardTest, MatchesFiniteDifferences) {
  for (const MoeArchitecture& moe : Routers(6, 3)) CheckRouter(moe, Gaussians<double>(5 * 6, 1));
  for (const MoeArchitecture& moe : Routers(3, 3)) CheckRouter(moe, Gaussians<double>(3, 1));
  for (const MoeArchitecture& moe : Routers(4, 1)) CheckRouter(moe, Gaussians<double>(4, 1));
}

TEST(RouterBackwardTest, TiesAndZeros) {
  for (const MoeArchitecture& moe : Routers(4, 2)) CheckRouter(moe, {0, 0, 0, 0, 1, 2, 2, 2, -3, -3, 1, 1});
}

// Sigmoids that add up to 1 % more and 1 % less than the floor of their sum, 2^-14, and to a fraction of it. Differences
// move them by 0.2 %.
TEST(RouterBackwardTest, NearTheFloorOfTheSum) {
  const MoeArchitecture moe = Routers(3, 2).back();
  for (const double of_floor : {1.01, 0.99, 0.1}) {
    const auto logit = [&](double share) { return -std::log(1 / (share * of_floor * 0x1p-14) - 1); };
    CheckRouter(moe, {logit(0.75), -30, logit(0.25)});
  }
}

// At the floor exactly the divisor is a constant, so no weight moves another.
TEST(RouterBackwardTest, SumEqualToTheFloor) {
  const MoeArchitecture moe = Routers(3, 2).back();
  const std::vector<double> p{0x1p-15, 0, 0x1p-15};
  std::vector<double> dlogits(3);
  RouterBackward<double>(moe, p, std::vector<int32_t>{0, 2}, std::vector<double>{1, 0}, dlogits);
  EXPECT_DOUBLE_EQ(dlogits[0], 2.5 * 0x1p14 * p[0] * (1 - p[0]));
  EXPECT_EQ(dlogits[1], 0);
  EXPECT_EQ(dlogits[2], 0);
}

// Of normalised weights only their ratios are left, and of one weight nothing.
TEST(RouterBackwardTest, NormalisedSingleWeightHasNoGradient) {
  for (const MoeArchitecture& moe : Routers(4, 1)) {
    if (!moe.normalize_weights) continue;
    const Routed<float> routed = Route<float>(moe, Gaussians<float>(8, 1));
    std::vector<float> dlogits(8, 7);
    RouterBackward<float>(moe, routed.p, routed.chosen, std::vector<float>{3, -2}, dlogits);
    EXPECT_THAT(dlogits, Each(0.0f));
  }
}

TEST(RouterBackwardTest, FloatMatchesDouble) {
  constexpr int64_t kTokens = 50, kExperts = 16, kUsed = 4;
  for (const MoeArchitecture& moe : Routers(kExperts, kUsed)) {
    const Routed<float> routed = Route<float>(moe, Gaussians<float>(kTokens * kExperts, 1));
    const std::vector<float> dweights = Gaussians<float>(kTokens * kUsed, 2);
    std::vector<float> dlogits(kTokens * kExperts);
    RouterBackward<float>(moe, routed.p, routed.chosen, dweights, dlogits);
    std::vector<double> exact(dlogits.size());
    RouterBackward<double>(moe, Widen(routed.p), routed.chosen, Widen(dweights), exact);
    for (int64_t token = 0; token < kTokens; ++token) {
      double sum = 0;  // of the chosen
      for (int64_t i = 0; i < kUsed; ++i) sum += routed.p[token * kExperts + routed.chosen[token * kUsed + i]];
      // |dw| < 4 and less its mean < 8, so |dp| < 8 scale / sum; it inherits kUsed roundings of the sum and rounds itself,
      // as do its mean under p (softmax) or 1 - p (sigmoid) and two products.
      const double dp = 8 * moe.weights_scale / (moe.normalize_weights ? sum : 1.0);
      for (int64_t e = token * kExperts; e < (token + 1) * kExperts; ++e) {
        EXPECT_NEAR(dlogits[e], exact[e], (kUsed + 5) * kRounding<float> * dp * routed.p[e]);
      }
    }
  }
}

}  // namespace
}  // namespace bantam
