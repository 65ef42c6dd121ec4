#include "model/layout.h"

#include <cmath>
#include <numeric>

#include "base/rng.h"
#include "tensor/codec.h"
#include "testing/testing.h"

namespace bantam {
namespace {

std::vector<float> Gaussians(int64_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.NextGaussian());
  return values;
}

// q . k after RoPE at two positions, in double: with pairs (i, i + half) as transformers rotates, or (2i, 2i + 1).
double RotatedScore(const std::vector<double>& q, const std::vector<double>& k, int64_t distance, bool halves) {
  const size_t pairs = q.size() / 2;
  double score = 0.0;
  for (size_t i = 0; i < pairs; ++i) {
    const size_t a = halves ? i : 2 * i, b = halves ? i + pairs : 2 * i + 1;
    const double angle = static_cast<double>(distance) * std::pow(10000.0, -static_cast<double>(i) / pairs);
    // Rotating q by the distance and leaving k gives what rotating both by their positions gives.
    score += (q[a] * std::cos(angle) - q[b] * std::sin(angle)) * k[a];
    score += (q[a] * std::sin(angle) + q[b] * std::cos(angle)) * k[b];
  }
  return score;
}

std::vector<double> Project(const Tensor& weight, const std::vector<float>& x, int64_t head, int64_t head_dim) {
  const std::vector<float> w = ToFloats(weight);
  std::vector<double> y(head_dim, 0.0);
  for (int64_t row = 0; row < head_dim; ++row) {
    for (size_t c = 0; c < x.size(); ++c)
      y[row] += static_cast<double>(w[(head * head_dim + row) * x.size() + c]) * x[c];
  }
  return y;
}

// What the permutation is for: scores under the GGUF's interleaved RoPE equal those of the checkpoint's half-split one.
TEST(Layout, PermutedHeadsGiveTheSameScoresUnderInterleavedRope) {
  constexpr int64_t kHeads = 3, kHeadDim = 8, kWidth = 5;
  const Tensor q = Tensor::FromFloats({kHeads * kHeadDim, kWidth}, Gaussians(kHeads * kHeadDim * kWidth, 1));
  const Tensor k = Tensor::FromFloats({kHeads * kHeadDim, kWidth}, Gaussians(kHeads * kHeadDim * kWidth, 2));
  const std::vector<float> x = Gaussians(kWidth, 3), y = Gaussians(kWidth, 4);
  const Tensor permuted_q = PermuteHeadRows(q, kHeads), permuted_k = PermuteHeadRows(k, kHeads);
  for (int64_t head = 0; head < kHeads; ++head) {
    const double halves = RotatedScore(Project(q, x, head, kHeadDim), Project(k, y, head, kHeadDim), 7, true);
    const double interleaved =
        RotatedScore(Project(permuted_q, x, head, kHeadDim), Project(permuted_k, y, head, kHeadDim), 7, false);
    EXPECT_NEAR(interleaved, halves, 1e-12 * std::abs(halves) + 1e-12);  // sums of 8 doubles in another order
    const double unpermuted = RotatedScore(Project(q, x, head, kHeadDim), Project(k, y, head, kHeadDim), 7, false);
    EXPECT_GT(std::abs(unpermuted - halves), 1e-3);  // the test can fail
  }
}

TEST(Layout, PermutesBiasesAndKeepsTheType) {
  std::vector<float> bias(16);
  std::iota(bias.begin(), bias.end(), 0.0F);
  EXPECT_THAT(ToFloats(PermuteHeadRows(Tensor::FromFloats({16}, bias), 2)),
              ::testing::ElementsAre(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15));

  // Whole rows move, so blocks do not care.
  std::byte* data = nullptr;
  Tensor blocks = Tensor::Allocate(DType::kQ8_0, {8, 64}, &data);
  const std::vector<float> values = Gaussians(8 * 64, 5);
  EncodeRow(DType::kQ8_0, values.data(), data, 8 * 64);
  const Tensor moved = PermuteHeadRows(blocks, 2);
  EXPECT_EQ(moved.dtype, DType::kQ8_0);
  const std::vector<float> before = ToFloats(blocks), after = ToFloats(moved);
  const int64_t from[] = {0, 2, 1, 3, 4, 6, 5, 7};
  for (int64_t row = 0; row < 8; ++row) {
    EXPECT_TRUE(std::equal(after.begin() + row * 64, after.begin() + (row + 1) * 64, before.begin() + from[row] * 64))
        << row;
  }
}

TEST(Layout, Transpose) {
  constexpr int64_t kRows = 37, kColumns = 19;  // no multiples of the tile
  const std::vector<float> values = Gaussians(kRows * kColumns, 6);
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
    std::byte* data = nullptr;
    Tensor source = Tensor::Allocate(dtype, {kRows, kColumns}, &data);
    EncodeRow(dtype, values.data(), data, kRows * kColumns);
    const Tensor transposed = Transpose(source);
    EXPECT_EQ(transposed.dtype, dtype);
    EXPECT_EQ(transposed.shape, (Shape{kColumns, kRows}));
    const std::vector<float> before = ToFloats(source), after = ToFloats(transposed);
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t c = 0; c < kColumns; ++c) ASSERT_EQ(after[c * kRows + r], before[r * kColumns + c]);
    }
  }
}

TEST(Layout, StackExperts) {
  const Tensor one = Tensor::FromFloats({2, 2}, std::vector<float>{1, 2, 3, 4});
  std::byte* data = nullptr;
  Tensor half = Tensor::Allocate(DType::kF16, {2, 2}, &data);
  const std::vector<float> values = {5, 6, 7, 8};
  EncodeRow(DType::kF16, values.data(), data, 4);
  const Tensor mixed = StackExperts({one, half});
  EXPECT_EQ(mixed.dtype, DType::kF32);
  EXPECT_EQ(mixed.shape, (Shape{2, 2, 2}));
  EXPECT_THAT(ToFloats(mixed), ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  const Tensor same = StackExperts({half, half});
  EXPECT_EQ(same.dtype, DType::kF16);
  EXPECT_THAT(ToFloats(same), ::testing::ElementsAre(5, 6, 7, 8, 5, 6, 7, 8));
}

TEST(Layout, AddOneIsExactInFloat) {
  std::byte* data = nullptr;
  Tensor source = Tensor::Allocate(DType::kBF16, {3}, &data);
  const std::vector<float> values = {-0.5F, 0.0F, 0.00390625F};  // 2^-8: in BF16, 1 + 2^-8 would be rounded away
  EncodeRow(DType::kBF16, values.data(), data, 3);
  EXPECT_EQ(AddOne(source).dtype, DType::kF32);
  EXPECT_THAT(ToFloats(AddOne(source)), ::testing::ElementsAre(0.5F, 1.0F, 1.00390625F));
}

}  // namespace
}  // namespace bantam
