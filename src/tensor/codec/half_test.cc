#include "tensor/codec/half.h"

#include <cmath>
#include <limits>

#include "tensor/codec/float8.h"
#include "testing/testing.h"

namespace bantam {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The definition of a small IEEE-like float in numbers: sign, then the exponent, then the mantissa bits. F32 holds
// every value of the formats below exactly.
float ByDefinition(uint32_t bits, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = static_cast<int>(bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const auto mantissa = static_cast<double>(bits & ((1u << mantissa_bits) - 1));
  const double sign = (bits >> (exponent_bits + mantissa_bits)) & 1 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa == 0 ? static_cast<float>(sign) * kInfinity : std::numeric_limits<float>::quiet_NaN();
  }
  const double implied = exponent == 0 ? 0.0 : std::ldexp(1.0, mantissa_bits);
  const int power = (exponent == 0 ? 1 : exponent) - bias - mantissa_bits;
  return static_cast<float>(sign * std::ldexp(implied + mantissa, power));
}

void ExpectSameValue(float actual, float expected, uint32_t bits) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << std::hex << bits;
  } else {
    EXPECT_EQ(std::bit_cast<uint32_t>(actual), std::bit_cast<uint32_t>(expected)) << std::hex << bits;
  }
}

TEST(HalfTest, DecodesEveryBitPattern) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    ExpectSameValue(HalfToFloat(static_cast<uint16_t>(bits)), ByDefinition(bits, 5, 10), bits);
  }
  static_assert(HalfToFloat(0x3c00) == 1.0f);
}

TEST(BFloat16Test, DecodesEveryBitPattern) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    ExpectSameValue(BFloat16ToFloat(static_cast<uint16_t>(bits)), ByDefinition(bits, 8, 7), bits);
  }
}

// Rounding to nearest even holds everywhere when, between every two neighbours, the value halfway goes to the even one
// and the floats next to it go to the nearer one: rounding is monotonic between them.
template <typename Decode, typename Encode>
void CheckRounding(uint16_t infinity, double past_largest, Decode decode, Encode encode) {
  for (uint16_t lower = 0; lower < infinity; ++lower) {
    const auto upper = static_cast<uint16_t>(lower + 1);
    const uint16_t even = lower % 2 == 0 ? lower : upper;
    const double upper_value = upper == infinity ? past_largest : static_cast<double>(decode(upper));
    const auto halfway = static_cast<float>((static_cast<double>(decode(lower)) + upper_value) / 2);
    for (const float sign : {1.0f, -1.0f}) {
      const uint16_t sign_bit = sign < 0 ? 0x8000 : 0;
      ASSERT_EQ(encode(sign * decode(lower)), lower | sign_bit) << lower;
      ASSERT_EQ(encode(sign * halfway), even | sign_bit) << lower;
      ASSERT_EQ(encode(sign * std::nextafter(halfway, 0.0f)), lower | sign_bit) << lower;
      ASSERT_EQ(encode(sign * std::nextafter(halfway, kInfinity)), upper | sign_bit) << lower;
    }
  }
  ASSERT_EQ(encode(kInfinity), infinity);
  ASSERT_EQ(encode(-kInfinity), infinity | 0x8000);
}

TEST(HalfTest, RoundsToNearestEvenBetweenAllNeighbours) {
  CheckRounding(0x7c00, 65536.0, HalfToFloat, FloatToHalf);
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::max()), 0x7c00);
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::denorm_min()), 0x8000);
}

TEST(BFloat16Test, RoundsToNearestEvenBetweenAllNeighbours) {
  CheckRounding(0x7f80, std::ldexp(1.0, 128), BFloat16ToFloat, FloatToBFloat16);
}

TEST(HalfTest, NotANumberStaysOneAndBecomesQuiet) {
  for (const uint32_t sign : {0u, 0x80000000u}) {
    for (uint32_t payload = 1; payload < (1u << 23); payload = payload * 3 + 1) {
      const auto nan = std::bit_cast<float>(sign | 0x7f800000u | payload);
      const uint32_t half = FloatToHalf(nan), bfloat = FloatToBFloat16(nan);
      EXPECT_EQ(half, sign >> 16 | 0x7e00u | payload >> 13);
      EXPECT_EQ(bfloat, sign >> 16 | 0x7fc0u | payload >> 16);
    }
  }
  EXPECT_EQ(std::bit_cast<uint32_t>(HalfToFloat(0x7c01)), 0x7fc02000u);
  EXPECT_EQ(std::bit_cast<uint32_t>(HalfToFloat(0xfe03)), 0xffc06000u);
}

TEST(Float8Test, E4M3DecodesEveryBitPattern) {
  for (uint32_t bits = 0; bits < 256; ++bits) {
    const float actual = Float8E4M3ToFloat(static_cast<uint8_t>(bits));
    if ((bits & 0x7f) == 0x7f) {
      EXPECT_TRUE(std::isnan(actual)) << bits;
    } else if ((bits & 0x78) == 0x78) {  // where IEEE 754 would have infinity and NaN, there are 7 more numbers
      EXPECT_EQ(actual, (bits & 0x80 ? -1.0f : 1.0f) * 256.0f * (1.0f + static_cast<float>(bits & 7) / 8.0f)) << bits;
    } else {
      ExpectSameValue(actual, ByDefinition(bits, 4, 3), bits);
    }
  }
  EXPECT_EQ(Float8E4M3ToFloat(0x7e), 448.0f);  // largest, and the smallest subnormal: OFP8, table 2
  EXPECT_EQ(Float8E4M3ToFloat(0x01), 0x1p-9f);
}

TEST(Float8Test, E5M2DecodesEveryBitPattern) {
  for (uint32_t bits = 0; bits < 256; ++bits) {
    ExpectSameValue(Float8E5M2ToFloat(static_cast<uint8_t>(bits)), ByDefinition(bits, 5, 2), bits);
  }
  EXPECT_EQ(Float8E5M2ToFloat(0x7b), 57344.0f);
  EXPECT_EQ(Float8E5M2ToFloat(0x01), 0x1p-16f);
}

}  // namespace
}  // namespace bantam
