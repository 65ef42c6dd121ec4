#include "measure/divergence.h"

#include <cmath>
#include <map>

#include "base/progress.h"
#include "measure/fake_source.h"
#include "measure/log_softmax.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::FakeSource;
using bantam::testing::RandomTokens;
using bantam::testing::TemporaryFolder;
using ::testing::HasSubstr;

TEST(DivergenceTest, OnePositionByHand) {
  // P = (1/2, 1/4, 1/4), Q = (1/4, 1/2, 1/4): KLD = 1/2 ln 2 - 1/4 ln 2 = ln(2) / 4.
  const float two = std::log(2.0f);
  const std::vector<float> p = {two, 0, 0}, q = {0, two, 0};
  const PositionScores scores = ComparePosition(p, q, 1);
  EXPECT_NEAR(scores.kld, std::log(2.0) / 4, 1e-7);
  EXPECT_NEAR(scores.nll, std::log(2.0), 1e-7);
  EXPECT_NEAR(scores.nll_base, std::log(4.0), 1e-7);
  EXPECT_NEAR(scores.delta_p, 0.25, 1e-7);
  EXPECT_FALSE(scores.same_top);
  EXPECT_TRUE(ComparePosition(p, p, 0).same_top);
  EXPECT_EQ(ComparePosition(p, p, 0).kld, 0.0);
}

// The straightforward definition with probabilities in long double.
long double BruteKld(std::span<const float> p, std::span<const float> q) {
  long double sum_p = 0, sum_q = 0, kld = 0;
  for (const float logit : p) sum_p += std::exp(static_cast<long double>(logit));
  for (const float logit : q) sum_q += std::exp(static_cast<long double>(logit));
  for (size_t i = 0; i < p.size(); ++i) {
    const long double pi = std::exp(static_cast<long double>(p[i])) / sum_p;
    kld += pi * std::log(pi / (std::exp(static_cast<long double>(q[i])) / sum_q));
  }
  return kld;
}

// Merging outcomes can only lower KL: for any logits, any k and any correct token the stored row gives no more than the
// full one, gives more the more it keeps, gives all when everything is kept, and everything but KLD exactly.
TEST(DivergenceTest, StoredRowGivesALowerBound) {
  Rng rng(4);
  for (int round = 0; round < 300; ++round) {
    const int64_t vocab = 2 + static_cast<int64_t>(rng.NextBelow(60));
    // From nearly uniform to nearly certain, where the tail is far below double's 1 - p.
    const double scale = std::pow(10.0, -1.0 + 3.0 * rng.NextDouble());
    std::vector<float> p(vocab), q(vocab);
    for (int64_t i = 0; i < vocab; ++i) {
      p[i] = static_cast<float>(scale * rng.NextGaussian());
      q[i] = static_cast<float>(0.7 * p[i] + 0.5 * scale * rng.NextGaussian());
    }
    const int32_t target = static_cast<int32_t>(rng.NextBelow(vocab));
    const PositionScores full = ComparePosition(p, q, target);
    // Sums of at most 62 terms, each within a few units of 2^-53 of numbers as large as the logits' range.
    const double tolerance = 1e-13 * (1.0 + 10.0 * scale);
    EXPECT_NEAR(full.kld, static_cast<double>(BruteKld(p, q)), tolerance);
    double previous = -tolerance;
    for (int64_t k = 1; k <= vocab; ++k) {
      const PositionScores stored = ComparePosition(MakeBaseRow(p, target, k), q, target);
      EXPECT_LE(stored.kld, full.kld + tolerance) << "k = " << k;
      EXPECT_GE(stored.kld, previous - tolerance) << "k = " << k;
      EXPECT_EQ(stored.nll, full.nll);
      EXPECT_EQ(stored.nll_base, full.nll_base);
      EXPECT_EQ(stored.delta_p, full.delta_p);
      EXPECT_EQ(stored.same_top, full.same_top);
      previous = stored.kld;
    }
    EXPECT_NEAR(previous, full.kld, tolerance);
  }
}

std::map<std::string, Estimate> ByName(const DivergenceResult& result) {
  std::map<std::string, Estimate> lines;
  for (const DivergenceLine& line : Summarize(result)) lines[line.section + "." + line.key] = line.estimate;
  return lines;
}

// Every reported number against a second computation from the raw logits.
TEST(DivergenceTest, ReportAgreesWithBruteForce) {
  Progress::SetEnabled(false);
  constexpr int64_t kVocab = 17;
  FakeSource base(kVocab, 1, 0.0), candidate(kVocab, 2, 0.5);
  const WindowSet set = CutWindows(RandomTokens(400, kVocab, 5), 20, 0, 0);
  const DivergenceResult result = CompareModels(base, candidate, set.windows);
  ASSERT_EQ(result.kld.size(), 20u * 9u);

  long double nll = 0, nll_base = 0, kld = 0, delta = 0, delta2 = 0, maximum = 0;
  int same = 0, n = 0;
  for (const Window& window : set.windows) {
    for (int64_t t = 10; t < 19; ++t, ++n) {
      const auto p = base.Logits(t, window.tokens[t]), q = candidate.Logits(t, window.tokens[t]);
      const int32_t target = window.tokens[t + 1];
      long double sum_p = 0, sum_q = 0;
      for (int64_t i = 0; i < kVocab; ++i) sum_p += std::exp((long double)p[i]), sum_q += std::exp((long double)q[i]);
      const long double pt = std::exp((long double)p[target]) / sum_p, qt = std::exp((long double)q[target]) / sum_q;
      nll -= std::log(qt), nll_base -= std::log(pt);
      const long double here = BruteKld(p, q);
      kld += here, maximum = std::max(maximum, here);
      delta += qt - pt, delta2 += (qt - pt) * (qt - pt);
      same += std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(q.begin(), q.end()) - q.begin();
    }
  }
  const auto lines = ByName(result);
  const double tolerance = 1e-12;  // 180 sums of 17 terms of size 10 in double
  EXPECT_NEAR(lines.at("perplexity.ppl_q").value, std::exp(static_cast<double>(nll / n)), 20 * tolerance);
  EXPECT_NEAR(lines.at("perplexity.ppl_base").value, std::exp(static_cast<double>(nll_base / n)), 20 * tolerance);
  EXPECT_NEAR(lines.at("perplexity.ln_ratio").value, static_cast<double>((nll - nll_base) / n), tolerance);
  EXPECT_NEAR(lines.at("kld.mean").value, static_cast<double>(kld / n), tolerance);
  EXPECT_NEAR(lines.at("kld.maximum").value, static_cast<double>(maximum), tolerance);
  EXPECT_NEAR(lines.at("delta_p.mean").value, static_cast<double>(delta / n), tolerance);
  EXPECT_NEAR(lines.at("delta_p.rms").value, static_cast<double>(std::sqrt(delta2 / n)), tolerance);
  EXPECT_DOUBLE_EQ(lines.at("top.same_top_p").value, static_cast<double>(same) / n);
  EXPECT_GT(lines.at("kld.mean").value, 0.0);
  EXPECT_GT(same, 0);
  EXPECT_LT(same, n);
  // The difference's first-order error against llama.cpp's formula with the covariance of the means.
  const Estimate q = lines.at("perplexity.ppl_q"), p = lines.at("perplexity.ppl_base");
  const double correlation = lines.at("perplexity.correlation").value;
  EXPECT_NEAR(lines.at("perplexity.difference").error,
              std::sqrt(q.error * q.error + p.error * p.error - 2 * correlation * q.error * p.error), 1e-9);
}

TEST(DivergenceTest, AModelComparedWithItselfDiffersInNothing) {
  Progress::SetEnabled(false);
  FakeSource model(11, 1, 1.0), same(11, 1, 1.0);
  const WindowSet set = CutWindows(RandomTokens(100, 11, 6), 10, 0, 0);
  const auto lines = ByName(CompareModels(model, same, set.windows));
  for (const char* zero : {"kld.mean", "kld.maximum", "kld.minimum", "delta_p.rms", "perplexity.ln_ratio"}) {
    EXPECT_EQ(lines.at(zero).value, 0.0) << zero;
    EXPECT_FALSE(lines.at(zero).error > 0.0) << zero;
  }
  EXPECT_EQ(lines.at("top.same_top_p").value, 1.0);
}

TEST(DivergenceTest, StoredBaseGivesTheSameReportButForTheBound) {
  Progress::SetEnabled(false);
  const TemporaryFolder folder;
  constexpr int64_t kVocab = 40;
  FakeSource base(kVocab, 1, 0.0), candidate(kVocab, 2, 0.5);
  const WindowSet set = CutWindows(RandomTokens(200, kVocab, 7), 20, 0, 0);
  BaseFileWriter writer(folder / "base", kVocab, 4, base.description(), set.windows);
  const DivergenceResult direct = CompareModels(base, candidate, set.windows, &writer);
  writer.Commit();
  const BaseFile file = BaseFile::Open(folder / "base");
  const DivergenceResult stored = CompareWithBase(file, candidate);
  EXPECT_EQ(stored.nll, direct.nll);
  EXPECT_EQ(stored.nll_base, direct.nll_base);
  EXPECT_EQ(stored.delta_p, direct.delta_p);
  EXPECT_EQ(stored.same_top, direct.same_top);
  ASSERT_EQ(stored.kld.size(), direct.kld.size());
  for (size_t i = 0; i < direct.kld.size(); ++i) EXPECT_LE(stored.kld[i], direct.kld[i] + 1e-13);
  // With 4 of 40 tokens the bound must still see a good part; a bound of zero would be true and useless.
  EXPECT_GT(Mean(stored.kld).value, 0.3 * Mean(direct.kld).value);
  EXPECT_LT(Mean(stored.kld).value, Mean(direct.kld).value);
  EXPECT_GT(stored.mean_rest_mass, 0.0);

  const Json json = ToJson(stored);
  EXPECT_TRUE(json["kld"]["is_lower_bound"].get<bool>());
  EXPECT_FALSE(ToJson(direct)["kld"]["is_lower_bound"].get<bool>());
  EXPECT_EQ(json["kld"]["p99_9"]["n"], 90);
  EXPECT_TRUE(json["kld"]["p99_9"]["stderr"].is_null());  // 90 values say nothing about one in a thousand
}

TEST(DivergenceTest, SaveBaseAloneWritesTheSameBytes) {
  Progress::SetEnabled(false);
  const TemporaryFolder folder;
  FakeSource base(30, 1, 0.0), candidate(30, 2, 0.5);
  const WindowSet set = CutWindows(RandomTokens(100, 30, 8), 20, 0, 0);
  BaseFileWriter both(folder / "both", 30, 4, "m", set.windows), alone(folder / "alone", 30, 4, "m", set.windows);
  CompareModels(base, candidate, set.windows, &both);
  SaveBase(base, set.windows, alone);
  both.Commit();
  alone.Commit();
  EXPECT_EQ(ReadFile(folder / "both"), ReadFile(folder / "alone"));
}

TEST(DivergenceTest, RefusesDifferentVocabularies) {
  FakeSource base(10, 1, 0.0), candidate(11, 1, 0.0);
  EXPECT_BANTAM_ERROR(CompareModels(base, candidate, {}), ErrorCode::kUsage, HasSubstr("10 tokens"));
}

}  // namespace
}  // namespace bantam
