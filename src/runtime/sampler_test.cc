#include "runtime/sampler.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// All stages off but the draw.
SamplerOptions Plain() {
  SamplerOptions options;
  options.temperature = 1.0;
  options.top_k = 0;
  options.top_p = 1.0;
  options.min_p = 0.0;
  return options;
}

std::vector<float> Logs(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

// How often each token comes in `draws` draws; the penalties do not see the draws.
std::vector<int> Draw(const SamplerOptions& options, const std::vector<float>& logits, int draws = 20000,
                      const std::vector<int32_t>& history = {}) {
  Sampler sampler(options);
  for (const int32_t token : history) sampler.Accept(token);
  std::vector<int> counts(logits.size());
  for (int i = 0; i < draws; ++i) ++counts[static_cast<size_t>(sampler.Sample(logits))];
  return counts;
}

// Pearson's chi-square of the counts against the distribution must be neither too large (another distribution) nor too
// small (numbers that are no draws): within the 0.0005 and 0.9995 quantiles, here by the Wilson-Hilferty approximation,
// chi2 = k (1 - 2 / 9k + z sqrt(2 / 9k))^3 with z = 3.29 and k = outcomes - 1.
void ExpectDistribution(const std::vector<int>& counts, const std::vector<double>& expected) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double sum = std::accumulate(expected.begin(), expected.end(), 0.0);
  double chi = 0.0, outcomes = 0.0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double mean = total * expected[i] / sum;
    if (mean == 0.0) {
      EXPECT_EQ(counts[i], 0) << "token " << i;
      continue;
    }
    chi += (counts[i] - mean) * (counts[i] - mean) / mean;
    ++outcomes;
  }
  const double k = outcomes - 1.0;
  if (k == 0.0) return;
  const auto quantile = [&](double z) {
    return k * std::pow(std::max(0.0, 1 - 2 / (9 * k) + z * std::sqrt(2 / (9 * k))), 3);
  };
  EXPECT_LT(chi, quantile(3.29));
  EXPECT_GT(chi, quantile(-3.29));
}

const std::vector<double> kProbabilities = {0.05, 0.4, 0.1, 0.25, 0.15, 0.05};

TEST(Sampler, DrawsTheSoftmax) {
  ExpectDistribution(Draw(Plain(), Logs(kProbabilities)), kProbabilities);
  std::vector<double> many(64);
  for (size_t i = 0; i < many.size(); ++i) many[i] = 1.0 + static_cast<double>(i % 7);
  ExpectDistribution(Draw(Plain(), Logs(many)), many);
}

TEST(Sampler, TemperatureIsAPowerOfTheProbabilities) {
  for (const double temperature : {0.5, 2.0}) {
    SamplerOptions options = Plain();
    options.temperature = temperature;
    std::vector<double> expected;
    for (const double p : kProbabilities) expected.push_back(std::pow(p, 1.0 / temperature));
    ExpectDistribution(Draw(options, Logs(kProbabilities)), expected);
  }
}

TEST(Sampler, TopKKeepsTheBestAndTheLowerIdOfEquals) {
  SamplerOptions options = Plain();
  options.top_k = 3;
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0, 0.4, 0, 0.25, 0.15, 0});
  options.top_k = 5;  // of the two with 0.05, token 0
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0.05, 0.4, 0.1, 0.25, 0.15, 0});
  options.top_k = 100;
  ExpectDistribution(Draw(options, Logs(kProbabilities)), kProbabilities);
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
  // In order: 0.4, 0.65, 0.8, 0.9, 0.95, 1.
  const std::pair<double, std::vector<double>> cases[] = {
      {0.0, {0, 0.4, 0, 0, 0, 0}},  // at least one
      {0.39, {0, 0.4, 0, 0, 0, 0}},         {0.41, {0, 0.4, 0, 0.25, 0, 0}},        {0.79, {0, 0.4, 0, 0.25, 0.15, 0}},
      {0.82, {0, 0.4, 0.1, 0.25, 0.15, 0}}, {0.94, {0.05, 0.4, 0.1, 0.25, 0.15, 0}}};
  for (const auto& [p, expected] : cases) {
    SamplerOptions options = Plain();
    options.top_p = p;
    ExpectDistribution(Draw(options, Logs(kProbabilities)), expected);
  }
}

TEST(Sampler, TopPCountsWhatTopKLeft) {
  // Of three that are left, the best has 0.4 / 0.8: half.
  SamplerOptions options = Plain();
  options.top_k = 3;
  options.top_p = 0.49;
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0, 0.4, 0, 0, 0, 0});
  options.top_p = 0.51;
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0, 0.4, 0, 0.25, 0, 0});
}

TEST(Sampler, MinPIsAShareOfTheBest) {
  SamplerOptions options = Plain();
  options.min_p = 0.3;  // 0.12 and more
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0, 0.4, 0, 0.25, 0.15, 0});
  options.temperature = 2.0;  // comes after
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0, std::sqrt(0.4), 0, std::sqrt(0.25), std::sqrt(0.15), 0});
  options.min_p = 1.0;
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0, 1, 0, 0, 0, 0});
}

TEST(Sampler, PenaltiesFollowTheirSigns) {
  const std::vector<float> logits = {1.0f, -1.0f, 0.5f, 0.0f};
  SamplerOptions options = Plain();
  options.repeat_penalty = 2.0;
  options.presence_penalty = 0.25;
  options.frequency_penalty = 0.125;
  const std::vector<int32_t> history = {0, 1, 1, 1};
  // 1 / 2 - 0.25 - 0.125 and -1 * 2 - 0.25 - 3 * 0.125; the others as they were.
  const std::vector<double> expected = {std::exp(0.125), std::exp(-2.625), std::exp(0.5), 1.0};
  ExpectDistribution(Draw(options, logits, 20000, history), expected);

  options.repeat_last_n = 2;  // only 1, 1
  ExpectDistribution(Draw(options, logits, 20000, history), {std::exp(1.0), std::exp(-2.5), std::exp(0.5), 1.0});
  options.repeat_last_n = 0;
  ExpectDistribution(Draw(options, logits, 20000, history), {std::exp(1.0), std::exp(-1.0), std::exp(0.5), 1.0});
  options.repeat_last_n = -1;
  ExpectDistribution(Draw(options, logits, 20000, history), expected);
}

TEST(Sampler, LogitBiasComesFirstAndMayForbid) {
  SamplerOptions options = Plain();
  options.logit_bias = {{1, -kInfinity}, {2, std::log(3.0)}};
  ExpectDistribution(Draw(options, Logs(kProbabilities)), {0.05, 0, 0.3, 0.25, 0.15, 0.05});
  options.temperature = 0.0;
  EXPECT_EQ(Sampler(options).Sample(Logs(kProbabilities)), 2);
}

TEST(Sampler, GreedyTakesTheBestAndTheLowerIdOfEquals) {
  SamplerOptions options;
  options.temperature = 0.0;
  EXPECT_EQ(Sampler(options).Sample(std::vector<float>{1.0f, 3.0f, 3.0f, 2.0f}), 1);
  EXPECT_EQ(ArgMax(std::vector<float>{1.0f, 3.0f, 3.0f, 2.0f}), 1);
  options.repeat_penalty = 2.0;
  Sampler sampler(options);
  sampler.Accept(1);
  EXPECT_EQ(sampler.Sample(std::vector<float>{1.0f, 3.0f, 3.0f, 2.0f}), 2) << "after the penalties";
}

TEST(Sampler, TheSeedDecidesAndResetStartsAgain) {
  SamplerOptions options;
  options.repeat_penalty = 1.3;
  const std::vector<float> logits(50, 0.5f);
  const auto draw = [&](Sampler& sampler) {
    std::vector<int32_t> tokens;
    for (int i = 0; i < 30; ++i) {
      tokens.push_back(sampler.Sample(logits));
      sampler.Accept(tokens.back());
    }
    return tokens;
  };
  options.seed = 1;
  Sampler one(options), same(options);
  options.seed = 2;
  Sampler two(options);
  const auto first = draw(one);
  EXPECT_EQ(first, draw(same));
  EXPECT_NE(first, draw(two));
  EXPECT_NE(first, draw(one));
  one.Reset();
  EXPECT_EQ(first, draw(one));
}

TEST(Sampler, NoFiniteLogitIsAnError) {
  Sampler sampler(Plain());
  EXPECT_BANTAM_ERROR(sampler.Sample(std::vector<float>{1.0f, NAN}), ErrorCode::kNumeric, HasSubstr("token 1"));
  EXPECT_BANTAM_ERROR(sampler.Sample(std::vector<float>{kInfinity, 1.0f}), ErrorCode::kNumeric, HasSubstr("token 0"));
  EXPECT_BANTAM_ERROR(sampler.Sample(std::vector<float>{-kInfinity, -kInfinity}), ErrorCode::kNumeric,
                      HasSubstr("no token"));
  EXPECT_EQ(sampler.Sample(std::vector<float>{-kInfinity, 0.0f, -kInfinity}), 1) << "minus infinity forbids";
}

TEST(Sampler, OptionsOutOfRangeAreNamed) {
  const std::pair<void (*)(SamplerOptions&), const char*> cases[] = {
      {[](SamplerOptions& o) { o.temperature = NAN; }, "temperature"},
      {[](SamplerOptions& o) { o.top_k = -1; }, "top_k"},
      {[](SamplerOptions& o) { o.top_p = 1.1; }, "top_p"},
      {[](SamplerOptions& o) { o.top_p = NAN; }, "top_p"},
      {[](SamplerOptions& o) { o.min_p = -0.1; }, "min_p"},
      {[](SamplerOptions& o) { o.repeat_penalty = 0.0; }, "repeat_penalty"},
      {[](SamplerOptions& o) { o.repeat_last_n = -2; }, "repeat_last_n"},
      {[](SamplerOptions& o) { o.presence_penalty = kInfinity; }, "presence_penalty"},
      {[](SamplerOptions& o) { o.frequency_penalty = NAN; }, "frequency_penalty"},
      {[](SamplerOptions& o) { o.logit_bias = {{-1, 0.0}}; }, "logit_bias"},
      {[](SamplerOptions& o) { o.logit_bias = {{1, kInfinity}}; }, "logit_bias"}};
  for (const auto& [change, name] : cases) {
    SamplerOptions options;
    change(options);
    EXPECT_BANTAM_ERROR(Sampler{options}, ErrorCode::kUsage, HasSubstr(name));
  }
  SamplerOptions options;
  options.logit_bias = {{5, 1.0}};
  EXPECT_BANTAM_ERROR(Sampler(options).Sample(std::vector<float>(5, 0.0f)), ErrorCode::kUsage, HasSubstr("token 5"));
}

}  // namespace
}  // namespace bantam
