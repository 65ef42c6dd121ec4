#include "measure/statistics.h"

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "testing/testing.h"

namespace bantam {
namespace {

TEST(StatisticsTest, MeanOfFourValuesByHand) {
  // Mean 5; squared deviations 9 + 1 + 1 + 9 = 20; variance 5; error sqrt(5 / 3).
  const Estimate mean = Mean(std::vector<double>{2, 4, 6, 8});
  EXPECT_DOUBLE_EQ(mean.value, 5.0);
  EXPECT_DOUBLE_EQ(mean.error, std::sqrt(5.0 / 3.0));
  EXPECT_EQ(mean.n, 4);
}

TEST(StatisticsTest, ErrorIsUndefinedForFewerThanTwoValues) {
  EXPECT_TRUE(std::isnan(Mean({}).value));
  EXPECT_TRUE(std::isnan(Mean(std::vector<double>{3}).error));
  EXPECT_TRUE(std::isnan(Share(1, 1).error));
  EXPECT_EQ(ToJson(Mean(std::vector<double>{3})).dump(), R"({"value":3.0,"stderr":null,"n":1})");
}

TEST(StatisticsTest, MeanKeepsDigitsBesideALargeOffset) {
  // The one-pass formula mean(x^2) - mean(x)^2 would lose all digits of this variance: (1e9)^2 has an ulp of 128.
  const Estimate mean = Mean(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3});
  EXPECT_DOUBLE_EQ(mean.error, std::sqrt((2.0 / 3.0) / 2.0));
}

// The paired error is the same number as llama.cpp's sqrt(err_a^2 + err_b^2 - 2 cov).
TEST(StatisticsTest, PairedErrorEqualsTheCovarianceFormula) {
  Rng rng(1);
  std::vector<double> a(1000), b(1000);
  for (size_t i = 0; i < a.size(); ++i) {
    const double shared = rng.NextGaussian();
    a[i] = shared + 0.1 * rng.NextGaussian();
    b[i] = 2.0 + shared + 0.1 * rng.NextGaussian();
  }
  double sum_a = 0, sum_b = 0, sum_ab = 0;
  for (size_t i = 0; i < a.size(); ++i) sum_a += a[i], sum_b += b[i], sum_ab += a[i] * b[i];
  const double n = 1000;
  const double covariance = (sum_ab / n - sum_a / n * (sum_b / n)) / (n - 1);
  const Estimate mean_a = Mean(a), mean_b = Mean(b), difference = MeanDifference(a, b);
  const double expected = std::sqrt(mean_a.error * mean_a.error + mean_b.error * mean_b.error - 2 * covariance);
  EXPECT_NEAR(difference.value, mean_a.value - mean_b.value, 1e-12);
  // Sums of 1000 terms of size about 4 lose at most 1000 * 4 * 2^-53 of a covariance of 1e-3: about 1e-9 relative.
  EXPECT_NEAR(difference.error / expected, 1.0, 1e-8);
  EXPECT_NEAR(Correlation(a, b), covariance / (mean_a.error * mean_b.error), 1e-8);
}

TEST(StatisticsTest, CorrelationOfAConstantIsUndefined) {
  EXPECT_TRUE(std::isnan(Correlation(std::vector<double>{1, 1}, std::vector<double>{1, 2})));
  EXPECT_DOUBLE_EQ(Correlation(std::vector<double>{1, 2, 3}, std::vector<double>{-2, -4, -6}), -1.0);
}

TEST(StatisticsTest, ErrorsPassThroughExpAndRoot) {
  const Estimate ppl = Exp({std::log(10.0), 0.02, 7});
  EXPECT_DOUBLE_EQ(ppl.value, 10.0);
  EXPECT_DOUBLE_EQ(ppl.error, 0.2);
  EXPECT_EQ(ppl.n, 7);
  // Squares 1, 9: mean 5, population variance 16, error sqrt(16 / 1) = 4; rms sqrt(5), error 0.5 / sqrt(5) * 4.
  const Estimate rms = RootMeanSquare(std::vector<double>{-1, 3});
  EXPECT_DOUBLE_EQ(rms.value, std::sqrt(5.0));
  EXPECT_DOUBLE_EQ(rms.error, 2.0 / std::sqrt(5.0));
  EXPECT_EQ(RootMeanSquare(std::vector<double>{0, 0}).error, 0.0);
}

TEST(StatisticsTest, ShareByHand) {
  const Estimate share = Share(3, 4);
  EXPECT_DOUBLE_EQ(share.value, 0.75);
  EXPECT_DOUBLE_EQ(share.error, std::sqrt(0.75 * 0.25 / 3));
}

TEST(StatisticsTest, PercentileInterpolatesBetweenRanks) {
  const std::vector<double> sorted = {10, 20, 30, 40};
  EXPECT_DOUBLE_EQ(Percentile(sorted, 0.0).value, 10);
  EXPECT_DOUBLE_EQ(Percentile(sorted, 1.0).value, 40);
  EXPECT_DOUBLE_EQ(Percentile(sorted, 0.5).value, 25);
  EXPECT_DOUBLE_EQ(Percentile(sorted, 0.9).value, 37);  // rank 2.7
  // One deviation is sqrt(4 * 0.25) = 1 rank: half the distance between ranks 0.5 and 2.5.
  EXPECT_DOUBLE_EQ(Percentile(sorted, 0.5).error, 10.0);
  EXPECT_TRUE(std::isnan(Percentile(sorted, 0.9).error)) << "rank 2.7 + 0.6 leaves the sample";
  EXPECT_TRUE(std::isnan(Percentile(sorted, 1.0).error));
  EXPECT_DOUBLE_EQ(Percentile(std::vector<double>{7}, 0.5).value, 7);
}

// Over many samples of a known distribution the stated error must match the scatter of the percentile itself.
TEST(StatisticsTest, PercentileErrorMatchesItsScatter) {
  Rng rng(2);
  constexpr int kSamples = 400, kSize = 500;
  std::vector<double> estimates, errors;
  for (int s = 0; s < kSamples; ++s) {
    std::vector<double> values(kSize);
    for (double& value : values) value = rng.NextGaussian();
    std::sort(values.begin(), values.end());
    const Estimate p90 = Percentile(values, 0.9);
    estimates.push_back(p90.value);
    errors.push_back(p90.error);
  }
  const double scatter = Mean(estimates).error * std::sqrt(kSamples - 1.0);
  EXPECT_NEAR(Mean(estimates).value, 1.2816, 0.02);  // the normal distribution's 90th percentile; 0.076 / sqrt(400) * 5
  // The scatter of 400 samples is known to 1 / sqrt(800) = 3.5 %; three of those, and the same for the bias of
  // half-widths.
  EXPECT_NEAR(Mean(errors).value / scatter, 1.0, 0.15);
}

}  // namespace
}  // namespace bantam
