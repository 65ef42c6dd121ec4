#include "evaluation/proportions.h"

#include <cmath>

#include "testing/testing.h"

namespace bantam {
namespace {

// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 1998, table I, method 3.
TEST(Proportion, AgreesWithPublishedIntervals) {
  const struct {
    int64_t hits, n;
    double low, high;
  } cases[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (const auto& c : cases) {
    const Proportion share{c.hits, c.n};
    EXPECT_NEAR(share.low(), c.low, 5e-5) << c.hits;
    EXPECT_NEAR(share.high(), c.high, 5e-5) << c.hits;
    const Proportion rest{c.n - c.hits, c.n};  // the method treats yes and no alike
    EXPECT_NEAR(rest.low(), 1.0 - share.high(), 1e-12);
    EXPECT_NEAR(rest.high(), 1.0 - share.low(), 1e-12);
  }
}

TEST(Proportion, StaysInRangeAtTheEnds) {
  EXPECT_EQ((Proportion{0, 10}).low(), 0.0);
  EXPECT_EQ((Proportion{10, 10}).high(), 1.0);
  EXPECT_LT((Proportion{10, 10}).low(), 0.75);  // 10 of 10 is no proof of much
  EXPECT_TRUE(std::isnan(Proportion().share()));
  EXPECT_TRUE(ToJson(Proportion())["low"].is_null());
  EXPECT_EQ(ToJson(ShareOf({true, false, true, true}))["share"], 0.75);
}

TEST(PairedChange, CountsAndTests) {
  const PairedChange change = Compare({true, true, false, false, true}, {true, false, true, false, true});
  EXPECT_EQ(change.kept, 2);
  EXPECT_EQ(change.lost, 1);
  EXPECT_EQ(change.gained, 1);
  EXPECT_EQ(change.neither, 1);
  EXPECT_EQ(change.p_value(), 1.0);
  EXPECT_BANTAM_ERROR(Compare({true}, {}), ErrorCode::kInternal, ::testing::HasSubstr("paired"));
}

TEST(PairedChange, PValuesAreBinomialTails) {
  EXPECT_EQ(PairedChange().p_value(), 1.0);
  EXPECT_NEAR((PairedChange{.lost = 5}).p_value(), 2.0 / 32, 1e-14);
  EXPECT_NEAR((PairedChange{.lost = 1, .gained = 9}).p_value(), 2.0 * 11 / 1024, 1e-14);
  EXPECT_NEAR((PairedChange{.lost = 9, .gained = 1}).p_value(), 2.0 * 11 / 1024, 1e-14);
  // In whole numbers, sum of C(180, k) for k up to 59; the pairs 121 and 59 of the worked example in Wikipedia's article on the test.
  EXPECT_NEAR((PairedChange{.lost = 121, .gained = 59}).p_value(), 4.434449263755176e-06, 1e-12);
}

}  // namespace
}  // namespace bantam
