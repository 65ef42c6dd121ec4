// Layouts of the block formats, checked on blocks that are zero but for a few bytes, the expected values worked out by
// hand.
#include <array>
#include <cstddef>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "tensor/codec.h"
#include "testing/testing.h"

namespace bantam {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Upper bytes of halves whose lower byte is 0.
constexpr uint8_t kHalf = 0x38, kOne = 0x3c, kTwo = 0x40, kThree = 0x42, kMinusOne = 0xbc;

struct Byte {
  size_t offset;
  uint8_t byte;
};

// `count` values from `first` on.
struct Stretch {
  size_t first, count;
  float value;
};

struct Probe {
  DType dtype;
  std::vector<Byte> bytes;         // the others are 0
  float elsewhere;                 // the values outside `stretches`
  std::vector<Stretch> stretches;  // of two that overlap the later one holds
};

void PrintTo(const Probe& probe, std::ostream* out) { *out << Name(probe.dtype); }

class BlockTest : public ::testing::TestWithParam<Probe> {};

TEST_P(BlockTest, DecodesByHand) {
  const Probe& probe = GetParam();
  const DTypeInfo& info = Info(probe.dtype);
  std::vector<std::byte> block(static_cast<size_t>(info.block_bytes));
  for (const Byte& set : probe.bytes) block.at(set.offset) = std::byte{set.byte};
  std::vector<float> expected(static_cast<size_t>(info.block_values), probe.elsewhere), values(expected.size());
  for (const Stretch& stretch : probe.stretches) {
    for (size_t i = 0; i < stretch.count; ++i) expected.at(stretch.first + i) = stretch.value;
  }
  DecodeRow(info.dtype, block.data(), values.data(), info.block_values);
  EXPECT_EQ(values, expected);
}

const Probe kProbes[] = {
    // d = 1; byte 5 of the nibbles holds 3 and 15.
    {DType::kQ4_0, {{1, kOne}, {2 + 5, 0xf3}}, -8, {{5, 1, -5}, {21, 1, 7}}},

    // d = 2, m = -1; byte 15 holds 15 and 2.
    {DType::kQ4_1, {{1, kTwo}, {3, kMinusOne}, {4 + 15, 0x2f}}, -1, {{15, 1, 29}, {31, 1, 3}}},

    // d = 1; high bits of values 9 and 31, value 9 has the nibble 1: q = 17 and 16.
    {DType::kQ5_0, {{1, kOne}, {2 + 1, 0x02}, {2 + 3, 0x80}, {6 + 9, 0x01}}, -16, {{9, 1, 1}, {31, 1, 0}}},

    // d = 1/2, m = 3; high bits of values 0 and 16, nibbles 1 and 2: q = 17 and 18.
    {DType::kQ5_1, {{1, kHalf}, {3, kThree}, {4, 0x01}, {4 + 2, 0x01}, {8, 0x21}}, 3, {{0, 1, 11.5f}, {16, 1, 12}}},

    // d = 1/2.
    {DType::kQ8_0, {{1, kHalf}, {2, 0x80}, {2 + 31, 0x7f}}, 0, {{0, 1, -64}, {31, 1, 63.5f}}},

    // d = 1, m = 1/2; group 11 (h = 1, j = 1, l = 16..31) has s = 3 and t = 5; value 178 (l = 18) has q = 2.
    {DType::kQ2_K,
     {{80 + 1, kOne}, {82 + 1, kHalf}, {11, 0x53}, {16 + 32 + 18, 0x08}},
     0,
     {{176, 16, -2.5f}, {178, 1, 3.5f}}},

    // d = 1; group 13 (h = 1, j = 2, l = 16..31) has s = 3 + 16 * 2; value 209 (l = 17) has q = 2 + 4.
    {DType::kQ3_K,
     {{108 + 1, kOne}, {96 + 5, 0x30}, {96 + 9, 0x80}, {32 + 32 + 17, 0x20}, {17, 0x40}},
     128,
     {{208, 16, -12}, {209, 1, 6}}},

    // The other ways a scale of Q3_K is packed: s = 1 + 16 * 1 in group 2 and 1 + 16 * 3 in group 7.
    {DType::kQ3_K,
     {{108 + 1, kOne}, {96 + 2, 0x01}, {96 + 7, 0x01}, {96 + 8 + 2, 0x01}, {96 + 8 + 3, 0x0c}},
     128,
     {{32, 16, 60}, {112, 16, -68}}},

    // d = m = 1; group 6 has s = 1 + 16 * 1, t = 2 + 16 * 3 and value 199 q = 11; the high nibble of its byte belongs
    // to a
    // group with s = t = 0.
    {DType::kQ4_K,
     {{1, kOne}, {3, kOne}, {4 + 10, 0x21}, {4 + 2, 0x40}, {4 + 6, 0xc0}, {16 + 96 + 7, 0x9b}},
     0,
     {{192, 32, -50}, {199, 1, 137}}},

    // Group 1 has s = 5, t = 3 and value 36 q = 7.
    {DType::kQ4_K, {{1, kOne}, {3, kOne}, {4 + 1, 5}, {4 + 5, 3}, {16 + 4, 0x70}}, 0, {{32, 32, -3}, {36, 1, 32}}},

    // The same with a fifth bit: value 199 has q = 11 + 16.
    {DType::kQ5_K,
     {{1, kOne}, {3, kOne}, {4 + 10, 0x21}, {4 + 2, 0x40}, {4 + 6, 0xc0}, {48 + 96 + 7, 0x0b}, {16 + 7, 0x40}},
     0,
     {{192, 32, -50}, {199, 1, 409}}},

    // Value 37 has q = 16.
    {DType::kQ5_K, {{1, kOne}, {3, kOne}, {4 + 1, 5}, {4 + 5, 3}, {16 + 5, 0x02}}, 0, {{32, 32, -3}, {37, 1, 77}}},

    // d = 1/2; group 14 (h = 1, j = 3, l = 0..15) has s = -2 and value 228 (l = 4) q = 5 + 16 * 2.
    {DType::kQ6_K,
     {{208 + 1, kHalf}, {192 + 14, 0xfe}, {64 + 32 + 4, 0x50}, {128 + 32 + 4, 0x80}},
     0,
     {{224, 16, 32}, {228, 1, -5}}},

    // d = 1/2; group 3 (h = 0, j = 1, l = 16..31) has s = 4 and value 50 (l = 18) q = 15 + 16 * 1.
    {DType::kQ6_K,
     {{208 + 1, kHalf}, {192 + 3, 4}, {32 + 18, 0x0f}, {128 + 18, 0x04}},
     0,
     {{48, 16, -64}, {50, 1, -2}}},

    // d = 1; byte 3 of the nibbles holds 7 and 15.
    {DType::kIQ4_NL, {{1, kOne}, {2 + 3, 0xf7}}, -127, {{3, 1, -10}, {19, 1, 113}}},

    // d = 1; group 5 has s = 3 + 16 * 2 and values 162 and 178 q = 8 and 10.
    {DType::kIQ4_XS,
     {{1, kOne}, {4 + 2, 0x30}, {2 + 1, 0x08}, {8 + 80 + 2, 0xa8}},
     4064,
     {{160, 32, -381}, {162, 1, 3}, {178, 1, 75}}},

    // d = 2; digits 2, 0, 1, 2, 1 are the number 178, and 178 / 243 rounded up to 256ths is 188.
    {DType::kTQ1_0, {{52 + 1, kTwo}, {5, 188}}, -2, {{5, 1, 2}, {37, 1, -2}, {69, 1, 0}, {101, 1, 2}, {133, 1, 0}}},
    {DType::kTQ1_0,
     {{52 + 1, kTwo}, {32 + 3, 188}},
     -2,
     {{163, 1, 2}, {179, 1, -2}, {195, 1, 0}, {211, 1, 2}, {227, 1, 0}}},

    // Digits 1, 2, 0, 2 are 47 / 81, which is 149 / 256 rounded up.
    {DType::kTQ1_0, {{52 + 1, kTwo}, {48 + 1, 149}}, -2, {{241, 1, 0}, {245, 1, 2}, {249, 1, -2}, {253, 1, 2}}},

    // d = 1; byte 38 holds 3, 0, 1, 2 from its low end.
    {DType::kTQ2_0, {{64 + 1, kOne}, {32 + 6, 0x93}}, -1, {{134, 1, 2}, {166, 1, -1}, {198, 1, 0}, {230, 1, 1}}},

    // Scale 2; elements 3 and -6.
    {DType::kMXFP4, {{0, 128}, {1 + 2, 0xf5}}, 0, {{2, 1, 6}, {18, 1, -12}}},

    // The smallest scale 2^-127 and the one after it, elements 1/2 and 6: results below 2^-126 are subnormal.
    {DType::kMXFP4, {{1, 0x71}}, 0, {{0, 1, 0x1p-128f}, {16, 1, 0x6p-127f}}},
    {DType::kMXFP4, {{0, 1}, {1, 0x71}}, 0, {{0, 1, 0x1p-127f}, {16, 1, 0x6p-126f}}},

    // The largest scale 2^128: 1/2 is 2^127, -1 is out of range.
    {DType::kMXFP4, {{0, 255}, {1, 0xa1}}, 0, {{0, 1, 0x1p127f}, {16, 1, -kInfinity}}},
};

INSTANTIATE_TEST_SUITE_P(Formats, BlockTest, ::testing::ValuesIn(kProbes), [](const auto& test) {
  return std::string(Name(test.param.dtype)) + "_" + std::to_string(test.index);
});

// The levels of a format of 4-bit codes, from a block whose first eight code bytes hold the codes 0 to 15 in order.
std::array<float, 16> LevelsOf(DType dtype, size_t first_code_byte, const std::vector<Byte>& scale) {
  std::vector<std::byte> block(static_cast<size_t>(Info(dtype).block_bytes));
  for (const Byte& set : scale) block.at(set.offset) = std::byte{set.byte};
  for (int i = 0; i < 8; ++i)
    block.at(static_cast<size_t>(first_code_byte + i)) = static_cast<std::byte>(0x10 + 0x22 * i);
  std::array<float, 32> values{};
  DecodeRow(dtype, block.data(), values.data(), 32);
  std::array<float, 16> levels{};
  for (size_t i = 0; i < 8; ++i) {
    levels[2 * i] = values[i];
    levels[2 * i + 1] = values[i + 16];
  }
  return levels;
}

TEST(BlockLevelsTest, IQ4_NL) {
  const std::array<float, 16> levels = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  EXPECT_EQ(LevelsOf(DType::kIQ4_NL, 2, {{1, kOne}}), levels);
}

TEST(BlockLevelsTest, MXFP4) {
  const std::array<float, 16> levels = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};
  EXPECT_EQ(LevelsOf(DType::kMXFP4, 1, {{0, 127}}), levels);
}

}  // namespace
}  // namespace bantam
