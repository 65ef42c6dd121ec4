#include "measure/perplexity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/progress.h"
#include "measure/fake_source.h"
#include "measure/log_softmax.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LogSoftmaxTest, ByHand) {
  // exp: 1, 2, 5 around a shift of 700 that float exp could not bear; the sum is 8.
  const std::vector<float> logits = {700.0f, 700.0f + std::log(2.0f), 700.0f + std::log(5.0f)};
  // The floats near 700 are 6.1e-5 apart, which is what the inputs themselves lose.
  EXPECT_NEAR(LogSumExp(logits), 700.0 + std::log(8.0), 6.2e-5);
  EXPECT_EQ(LogSumExp(std::vector<float>{-3.0f}), -3.0);
}

TEST(LogSoftmaxTest, RefusesWhatIsNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    EXPECT_BANTAM_ERROR(LogSumExp(std::vector<float>{0.0f, bad}), ErrorCode::kNumeric, HasSubstr("token 1"));
  }
}

TEST(LogSoftmaxTest, TopIndicesAgreeWithSorting) {
  Rng rng(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> logits(1 + rng.NextBelow(40));
    for (float& logit : logits) logit = static_cast<float>(rng.NextBelow(8));  // many ties
    std::vector<int32_t> order(logits.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
    std::sort(order.begin(), order.end(),
              [&](int32_t a, int32_t b) { return std::pair(-logits[a], a) < std::pair(-logits[b], b); });
    EXPECT_EQ(TopIndices(logits, 100), order);
    EXPECT_EQ(TopIndex(logits), order.front());
    order.resize(std::min<size_t>(5, order.size()));
    EXPECT_EQ(TopIndices(logits, 5), order);
  }
}

// Three tokens with probabilities 1/2, 1/4, 1/4 everywhere.
class ThreeTokens : public LogitSource {
 public:
  int64_t vocab_size() const override { return 3; }
  std::string description() const override { return "three"; }
  void Evaluate(std::span<const int32_t> tokens,
                const std::function<void(int64_t, std::span<const float>)>& row) override {
    const float two = std::log(2.0f);
    for (size_t t = 0; t < tokens.size(); ++t) {
      row(static_cast<int64_t>(t), std::vector<float>{t == broken_at ? NAN : two, 0.0f, 0.0f});
    }
  }
  size_t broken_at = ~size_t{0};
};

TEST(PerplexityTest, ByHand) {
  Progress::SetEnabled(false);
  ThreeTokens source;
  // Scored tokens: 0, 1 of the first window (from position 1), 2, 0 of the second: ln 2, ln 4, ln 4, ln 2.
  const std::vector<Window> windows = {{{1, 2, 0, 1}, 1}, {{0, 2, 0}, 0}};
  const PerplexityResult result = MeasurePerplexity(source, windows);
  const double ln2 = std::log(2.0);
  // float ln 2 is off by at most 3e-8.
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(result.nll[i], (i == 0 || i == 3 ? 1 : 2) * ln2, 1e-7);
  EXPECT_EQ(result.windows, 2);
  EXPECT_NEAR(result.mean_nll().value, 1.5 * ln2, 1e-7);
  EXPECT_NEAR(result.mean_nll().error, std::sqrt(0.25 * ln2 * ln2 / 3), 1e-7);
  EXPECT_NEAR(result.perplexity().value, std::pow(2.0, 1.5), 1e-6);
}

TEST(PerplexityTest, NamesWindowAndPositionOfABrokenLogit) {
  Progress::SetEnabled(false);
  ThreeTokens source;
  source.broken_at = 2;
  const std::vector<Window> windows = {{{0, 1, 2, 0}, 0}};
  EXPECT_BANTAM_ERROR(MeasurePerplexity(source, windows), ErrorCode::kNumeric, HasSubstr("window 0, position 2"));
  const std::vector<Window> foreign = {{{0, 3}, 0}};
  EXPECT_BANTAM_ERROR(MeasurePerplexity(source, foreign), ErrorCode::kFormat, HasSubstr("token 3"));
}

}  // namespace
}  // namespace bantam
