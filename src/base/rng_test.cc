#include "base/rng.h"

#include <cmath>
#include <vector>

#include "testing/testing.h"

namespace bantam {
namespace {

// Known answers of the authors' Random123 distribution (kat_vectors, philox4x32 10).
TEST(PhiloxTest, KnownAnswers) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RngTest, SeekGivesTheSameNumbers) {
  Rng rng(7, 3);
  std::vector<uint32_t> first;
  for (int i = 0; i < 10; ++i) first.push_back(rng.NextU32());
  Rng again(7, 3);
  again.Seek(6);
  EXPECT_EQ(again.NextU32(), first[6]);
  EXPECT_NE(Rng(8, 3).NextU32(), first[0]);
  EXPECT_NE(Rng(7, 4).NextU32(), first[0]);
}

// Sample moments of n draws lie within 5 standard errors: the mean's is sigma / sqrt(n); the variance's of a Gaussian
// is sqrt(2 / n), of a uniform sqrt(1 / 180 / n).
TEST(RngTest, Moments) {
  constexpr int kDraws = 200'000;
  Rng rng(1);
  double sum = 0, squares = 0, uniform_sum = 0, uniform_squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double g = rng.NextGaussian(), u = rng.NextDouble();
    sum += g;
    squares += g * g;
    uniform_sum += u;
    uniform_squares += (u - 0.5) * (u - 0.5);
  }
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(uniform_sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(uniform_squares / kDraws, 1.0 / 12, 5 * std::sqrt(1.0 / 180 / kDraws));
}

// Chi-square over 7 cells, 6 degrees of freedom: between the 0.1 % and the 99.9 % quantile.
TEST(RngTest, BelowIsUniform) {
  Rng rng(2);
  std::array<int, 7> counts{};
  constexpr int kDraws = 70'000;
  for (int i = 0; i < kDraws; ++i) ++counts[rng.NextBelow(7)];
  double chi = 0;
  for (const int c : counts) chi += (c - kDraws / 7.0) * (c - kDraws / 7.0) / (kDraws / 7.0);
  EXPECT_GT(chi, 0.38);
  EXPECT_LT(chi, 22.5);
}

}  // namespace
}  // namespace bantam
