// Schedule, AdamW and clipping against the formulas in double.
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "math/gemm.h"
#include "testing/testing.h"
#include "train/adamw.h"
#include "train/flat_ranges.h"
#include "train/gradient_norm.h"
#include "train/schedule.h"

namespace bantam {
namespace {

TEST(ScheduleTest, Values) {
  Schedule schedule{.kind = ScheduleKind::kCosine, .lr = 2.0, .min_lr = 0.1, .warmup_steps = 4, .steps = 15};
  EXPECT_DOUBLE_EQ(schedule.At(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.At(3), 2.0);
  EXPECT_DOUBLE_EQ(schedule.At(4), 2.0);
  EXPECT_NEAR(schedule.At(9), 2.0 * 0.55, 1e-12);  // half way between steps 4 and 14
  EXPECT_NEAR(schedule.At(14), 0.2, 1e-12);
  EXPECT_NEAR(schedule.At(100), 0.2, 1e-12);
  schedule.kind = ScheduleKind::kLinear;
  EXPECT_NEAR(schedule.At(6), 2.0 * (0.1 + 0.9 * 0.8), 1e-12);
  EXPECT_NEAR(schedule.At(14), 0.2, 1e-12);
  schedule.kind = ScheduleKind::kConstant;
  EXPECT_DOUBLE_EQ(schedule.At(1), 1.0);
  EXPECT_DOUBLE_EQ(schedule.At(14), 2.0);
}

TEST(ScheduleTest, ShortRuns) {
  const Schedule one{.lr = 1.0, .min_lr = 0.0, .warmup_steps = 0, .steps = 1};
  EXPECT_DOUBLE_EQ(one.At(0), 1.0);
  const Schedule only_warmup{.lr = 1.0, .min_lr = 0.0, .warmup_steps = 10, .steps = 5};
  EXPECT_DOUBLE_EQ(only_warmup.At(4), 0.5);
}

std::vector<float> Gaussians(int64_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.NextGaussian());
  return values;
}

TEST(AdamWTest, FollowsTheFormulaInDouble) {
  constexpr int64_t kSize = kFlatRange + 777, kDecayed = 1000;
  const AdamWOptions options{.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0.1};
  const std::vector<DecayRange> ranges = {{0, kDecayed, true}, {kDecayed, kSize, false}};
  AdamW adamw(options, ranges, kSize);
  std::vector<float> values = Gaussians(kSize, 1);
  std::vector<double> w(values.begin(), values.end()), m(kSize), v(kSize);
  constexpr double kRate = 1e-2;
  constexpr int kSteps = 20;
  for (int step = 1; step <= kSteps; ++step) {
    const std::vector<float> g = Gaussians(kSize, 100 + step);
    adamw.Update(step, kRate, g, values);
    for (int64_t i = 0; i < kSize; ++i) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.95 * v[i] + 0.05 * g[i] * g[i];
      const double m_hat = m[i] / (1.0 - std::pow(0.9, step)), v_hat = v[i] / (1.0 - std::pow(0.95, step));
      if (i < kDecayed) w[i] -= kRate * 0.1 * w[i];
      w[i] -= kRate * m_hat / (std::sqrt(v_hat) + 1e-8);
    }
  }
  double moved = 0.0;
  for (int64_t i = 0; i < kSize; ++i) {
    // A step moves a value by about the rate, with an error of a few units of 2^-24 of the step and of the value.
    ASSERT_NEAR(values[i], w[i], kSteps * 0x1p-22 * (kRate + std::abs(w[i]))) << i;
    moved += std::abs(w[i]);
  }
  EXPECT_GT(moved, 0.0);
  for (int64_t i = 0; i < kSize; i += 97) {
    EXPECT_NEAR(adamw.first_moments()[i], m[i], 1e-6);
    EXPECT_NEAR(adamw.second_moments()[i], v[i], 1e-6 * (1.0 + v[i]));
  }
}

TEST(AdamWTest, WithoutGradientNothingMovesButDecay) {
  const std::vector<DecayRange> ranges = {{0, 2, true}, {2, 4, false}};
  AdamW adamw({.weight_decay = 0.5}, ranges, 4);
  std::vector<float> values = {1.0f, -2.0f, 3.0f, 0.0f};
  adamw.Update(1, 0.1, std::vector<float>(4), values);
  EXPECT_FLOAT_EQ(values[0], 0.95f);
  EXPECT_FLOAT_EQ(values[1], -1.9f);
  EXPECT_EQ(values[2], 3.0f);
  EXPECT_EQ(values[3], 0.0f);
}

TEST(GradientNormTest, SumsInDoubleAndDoesNotDependOnThreads) {
  const std::vector<float> g = Gaussians(3 * kFlatRange + 13, 1);
  double sum = 0.0;
  for (const float value : g) sum += static_cast<double>(value) * value;
  SetGemmThreads(1);
  const double norm = GradientNorm(g);
  EXPECT_NEAR(norm, std::sqrt(sum), 1e-12 * norm);
  SetGemmThreads(3);
  EXPECT_EQ(GradientNorm(g), norm);
  SetGemmThreads(0);
  EXPECT_EQ(GradientNorm(std::vector<float>{3.0f, 4.0f}), 5.0);
  EXPECT_TRUE(std::isnan(GradientNorm(std::vector<float>{1.0f, std::nanf("")})));
  EXPECT_TRUE(std::isinf(GradientNorm(std::vector<float>{1.0f, std::numeric_limits<float>::infinity()})));
}

TEST(GradientNormTest, ClipsWhatIsTooLarge) {
  std::vector<float> g = {3.0f, 4.0f};
  ClipGradients(g, 5.0, 5.0);
  EXPECT_EQ(g[0], 3.0f);
  ClipGradients(g, 5.0, 1.0);
  EXPECT_FLOAT_EQ(g[0], 0.6f);
  EXPECT_FLOAT_EQ(g[1], 0.8f);
}

}  // namespace
}  // namespace bantam
