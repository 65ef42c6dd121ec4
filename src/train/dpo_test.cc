#include "train/dpo.h"

#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/progress.h"
#include "base/rng.h"
#include "testing/testing.h"
#include "train/test_model.h"

namespace bantam {
namespace {

using bantam::testing::BigramModel;
using bantam::testing::SmallArchitecture;
using bantam::testing::TemporaryFolder;
using ::testing::HasSubstr;

SegmentSet Pairs(int64_t count) {
  TokenSet tokens(32);
  Rng rng(1);
  for (int64_t i = 0; i < 2 * count; ++i) {
    TokenizedDocument document;
    const auto prompt = static_cast<int32_t>(i / 2 % 32);
    document.tokens = {prompt, (prompt + 1) % 32};
    const auto answer = static_cast<int64_t>(1 + rng.NextBelow(5));
    // Wanted answers count on from 3, unwanted ones from 20.
    for (int64_t k = 0; k < answer; ++k) document.tokens.push_back(static_cast<int32_t>((i % 2 == 0 ? 3 : 20) + k));
    document.completion.assign(document.tokens.size(), 1);
    document.completion[0] = document.completion[1] = 0;
    tokens.Append(document);
  }
  return SegmentSet("pairs", std::move(tokens), 1000, 0.0);
}

class DpoTest : public ::testing::Test {
 protected:
  DpoTest() {
    Progress::SetEnabled(false);
    Rng rng(2);
    weights_.resize(model_.layout().size());
    for (float& w : weights_) w = static_cast<float>(0.3 * rng.NextGaussian());
  }
  DpoObjective Make(int64_t batch_tokens, int64_t micro_batch_tokens) {
    DpoObjective objective(pairs_, kBeta, 3, batch_tokens, micro_batch_tokens);
    objective.SetReference(AnswerLogProbabilities(model_, weights_, pairs_, 40));
    return objective;
  }

  static constexpr double kBeta = 0.5;
  BigramModel model_{SmallArchitecture()};
  SegmentSet pairs_ = Pairs(9);
  std::vector<float> weights_;
};

TEST_F(DpoTest, TheFirstLossIsLn2) {
  std::vector<float> gradients(weights_.size());
  const ObjectiveStep step = Make(60, 30).Backward(model_, weights_, gradients);
  EXPECT_NEAR(step.loss, std::log(2.0), 1e-9);
  EXPECT_NEAR(step.figures["reward_margin"].get<double>(), 0.0, 1e-9);
  EXPECT_GT(step.tokens, 0);
  EXPECT_LE(step.tokens, 60);
}

// Away from the reference, against finite differences of the loss, whatever the micro-batches.
TEST_F(DpoTest, GradientIsThatOfTheLoss) {
  std::vector<float> moved = weights_;
  Rng rng(8);
  for (float& w : moved) w += static_cast<float>(0.1 * rng.NextGaussian());
  std::vector<float> gradients(weights_.size()), ignored(weights_.size());
  const ObjectiveStep step = Make(1000, 25).Backward(model_, moved, gradients);
  EXPECT_GT(std::abs(step.loss - std::log(2.0)), 1e-3);
  EXPECT_NEAR(Make(1000, 1000).Backward(model_, moved, ignored).loss, step.loss, 1e-9);
  const auto& head = model_.layout().At("output.weight");
  for (int probe = 0; probe < 20; ++probe) {
    const auto i = head.offset + static_cast<int64_t>(rng.NextBelow(static_cast<uint64_t>(head.size)));
    constexpr float kStep = 0x1p-7f;
    std::vector<float> up = moved, down = moved;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope =
        (Make(1000, 1000).Backward(model_, up, ignored).loss - Make(1000, 1000).Backward(model_, down, ignored).loss) /
        (2.0 * kStep);
    EXPECT_NEAR(gradients[i], slope, 1e-4) << i;
  }
}

TEST_F(DpoTest, DescentPrefersTheChosenAnswer) {
  DpoObjective objective = Make(1000, 1000);
  std::vector<float> w = weights_;
  ObjectiveStep step;
  for (int i = 0; i < 30; ++i) {
    std::vector<float> gradients(w.size());
    step = objective.Backward(model_, w, gradients);
    for (size_t k = 0; k < w.size(); ++k) w[k] -= gradients[k];
  }
  EXPECT_LT(step.loss, 0.3);
  EXPECT_GT(step.figures["reward_margin"].get<double>(), 1.0);
  EXPECT_EQ(step.figures["reward_accuracy"].get<double>(), 1.0);
}

TEST_F(DpoTest, TheReferenceIsComputedOnce) {
  const TemporaryFolder folder;
  const auto cache = folder / "reference.safetensors";
  const auto first = ReferenceLogProbabilities(model_, weights_, pairs_, 40, cache, "key");
  EXPECT_EQ(first, AnswerLogProbabilities(model_, weights_, pairs_, 40));
  std::vector<float> other = weights_;
  other[model_.layout().At("output.weight").offset + 20 * 32] += 1.0f;  // logits of token 20
  EXPECT_EQ(ReferenceLogProbabilities(model_, other, pairs_, 40, cache, "key"), first);
  const auto changed = ReferenceLogProbabilities(model_, other, pairs_, 40, cache, "another key");
  EXPECT_NE(changed, first);
  EXPECT_EQ(ReferenceLogProbabilities(model_, weights_, pairs_, 40, cache, "another key"), changed);
  const SegmentSet more = Pairs(10);
  EXPECT_BANTAM_ERROR(ReferenceLogProbabilities(model_, weights_, more, 40, cache, "another key"), ErrorCode::kFormat,
                      HasSubstr("reference.safetensors"));
}

}  // namespace
}  // namespace bantam
