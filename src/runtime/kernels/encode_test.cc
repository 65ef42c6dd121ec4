#include <cmath>

#include "runtime/kernels/kernel_testing.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using testing::Adversarial;
using testing::Gaussians;
using testing::RunnableIsas;

std::vector<float> Encoded(const Kernels& kernels, ActivationFormat format, const std::vector<float>& x) {
  const auto cols = static_cast<int64_t>(x.size());
  std::vector<float> row(static_cast<size_t>(ActivationRowBytes(format, cols) / 4), 7.0f);
  kernels.encode(format, x.data(), cols, reinterpret_cast<std::byte*>(row.data()));
  return row;
}

float RoundedToHalf(double value) { return HalfToFloat(FloatToHalf(static_cast<float>(value))); }

// The definition of activation_format.h, written again with the C library's rounding.
void ExpectQ8(const std::vector<float>& x, const Q8Row& row) {
  for (size_t b = 0; b < x.size() / 32; ++b) {
    float m = 0.0f;
    for (size_t i = 32 * b; i < 32 * b + 32; ++i) m = std::max(m, std::fabs(x[i]));
    const float inverse = m > 0.0f ? 127.0f / m : 0.0f;
    int sum = 0;
    for (size_t i = 32 * b; i < 32 * b + 32; ++i) {
      const float scaled = x[i] * inverse;
      const int code = std::isfinite(scaled) ? static_cast<int>(std::nearbyint(scaled)) : 0;
      ASSERT_EQ(row.codes[i], code) << i;
      sum += code;
    }
    ASSERT_EQ(row.scales[b], RoundedToHalf(m / 127.0f)) << b;
    ASSERT_EQ(row.sums[b], RoundedToHalf(m / 127.0f * static_cast<float>(sum))) << b;
  }
}

TEST(Encode, Q8FollowsItsDefinition) {
  for (const Isa isa : RunnableIsas()) {
    for (const std::vector<float>& x : {Gaussians(1056, 1), Adversarial(1056, 2), std::vector<float>(96, 0.0f)}) {
      const std::vector<float> row = Encoded(KernelsFor(isa), ActivationFormat::kQ8, x);
      const auto cols = static_cast<int64_t>(x.size());
      const Q8Row q(reinterpret_cast<const std::byte*>(row.data()), cols);
      ExpectQ8(x, q);
      ASSERT_EQ(Q8Blocks(cols), cols / 32 + 1) << "an odd number of blocks";
      for (int64_t i = cols; i < cols + 32; ++i) EXPECT_EQ(q.codes[i], 0);
      EXPECT_EQ(q.scales[cols / 32], 0.0f);
      EXPECT_EQ(q.sums[cols / 32], 0.0f);
    }
  }
}

TEST(Encode, Q8RoundsTiesToEven) {
  // With a maximum of 127 the factor is 1 and the values are their own codes.
  std::vector<float> x(32, 0.0f);
  x[0] = -127.0f, x[1] = 0.5f, x[2] = 1.5f, x[3] = -2.5f, x[4] = 3.5f, x[5] = 126.5f;
  const std::vector<float> row = Encoded(KernelsFor(RunnableIsas().back()), ActivationFormat::kQ8, x);
  const Q8Row q(reinterpret_cast<const std::byte*>(row.data()), 32);
  const int expected[] = {-127, 0, 2, -2, 4, 126};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(q.codes[i], expected[i]) << i;
}

TEST(Encode, SmallAndLargeBlocksKeepTheirMeaning) {
  for (const Isa isa : RunnableIsas()) {
    for (const float bad : {1e-45f, 1e-39f, 3e38f, INFINITY, NAN}) {
      std::vector<float> x(256, 1.0f);
      x[5] = bad;
      if (bad < 1.0f) std::fill(x.begin(), x.end(), bad);
      const std::vector<float> q8 = Encoded(KernelsFor(isa), ActivationFormat::kQ8, x);
      const Q8Row q(reinterpret_cast<const std::byte*>(q8.data()), 256);
      const float scale = q.scales[0];
      if (std::isnan(bad)) {
        EXPECT_TRUE(std::isnan(scale));
      } else {
        EXPECT_EQ(scale, bad < 1.0f ? 0.0f : INFINITY) << bad;  // 3e38 / 127 is beyond F16 too
      }
      const std::vector<float> q8k = Encoded(KernelsFor(isa), ActivationFormat::kQ8K, x);
      if (bad < 1.0f) {
        EXPECT_EQ(q8k[0], 0.0f) << bad;
      } else if (std::isfinite(bad)) {
        EXPECT_NEAR(q8k[5] / bad, 1.0, 1e-6);
      } else {
        EXPECT_TRUE(std::isnan(q8k[5])) << bad;
      }
    }
  }
}

TEST(Encode, Q8KIsTheNearestOf127StepsOfTheLargest) {
  for (const Isa isa : RunnableIsas()) {
    std::vector<float> x = Gaussians(512, 4);
    x[10] = -5.0f, x[20] = 5.0f;  // equal magnitudes: the first decides the sign of the step
    const std::vector<float> row = Encoded(KernelsFor(isa), ActivationFormat::kQ8K, x);
    const float step = 1.0f / (-127.0f / -5.0f);
    for (size_t i = 0; i < 256; ++i) {
      const auto code = static_cast<float>(std::nearbyint(x[i] * (-127.0f / -5.0f)));
      ASSERT_EQ(row[i], step * code) << i;
    }
    double worst = 0.0;
    for (size_t i = 0; i < 512; ++i) worst = std::max(worst, std::fabs(static_cast<double>(row[i]) - x[i]));
    EXPECT_LE(worst, 0.5 * 5.0 / 127 * (1 + 1e-5));
    EXPECT_GE(worst, 0.45 * 5.0 / 127) << "of 512 random values one is near the middle of a step";
  }
}

TEST(Encode, FloatFormatsRoundAsTheCodecsDoAndFillWithZeros) {
  const std::vector<float> x = Adversarial(1003, 6);
  for (const Isa isa : RunnableIsas()) {
    const std::vector<float> f32 = Encoded(KernelsFor(isa), ActivationFormat::kF32, x);
    const std::vector<float> f16 = Encoded(KernelsFor(isa), ActivationFormat::kF16, x);
    const std::vector<float> bf16 = Encoded(KernelsFor(isa), ActivationFormat::kBF16, x);
    ASSERT_EQ(f32.size(), 1008u);
    for (size_t i = 0; i < 1008; ++i) {
      const float value = i < x.size() ? x[i] : 0.0f;
      ASSERT_TRUE(testing::SameBits(f32[i], value)) << i;
      ASSERT_TRUE(testing::SameBits(f16[i], HalfToFloat(FloatToHalf(value)))) << i;
      ASSERT_TRUE(testing::SameBits(bf16[i], BFloat16ToFloat(FloatToBFloat16(value)))) << i;
    }
  }
}

}  // namespace
}  // namespace bantam
