#include "tensor/codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<DTypeInfo> AllTypes() {
  std::vector<DTypeInfo> types;
  for (uint32_t number = 0; number < 2000; ++number) {
    if (const DTypeInfo* info = FindDType(number); info != nullptr) types.push_back(*info);
  }
  return types;
}

std::vector<std::byte> RandomBytes(uint64_t seed, int64_t count) {
  Rng rng(seed);
  std::vector<std::byte> bytes(static_cast<size_t>(count));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.NextBelow(256));
  return bytes;
}

template <typename T>
std::vector<float> DecodeValues(DType dtype, const std::vector<T>& stored) {
  std::vector<float> values(stored.size());
  DecodeRow(dtype, reinterpret_cast<const std::byte*>(stored.data()), values.data(),
            static_cast<int64_t>(stored.size()));
  return values;
}

std::vector<std::byte> Encode(DType dtype, const std::vector<float>& values) {
  std::vector<std::byte> bytes(static_cast<size_t>(RowBytes(dtype, static_cast<int64_t>(values.size()))));
  EncodeRow(dtype, values.data(), bytes.data(), static_cast<int64_t>(values.size()));
  return bytes;
}

std::vector<float> EncodeAndDecode(DType dtype, const std::vector<float>& values) {
  const std::vector<std::byte> bytes = Encode(dtype, values);
  std::vector<float> decoded(values.size());
  DecodeRow(dtype, bytes.data(), decoded.data(), static_cast<int64_t>(values.size()));
  return decoded;
}

TEST(CodecTest, TheTableOfTypesTellsWhatHasACodec) {
  for (const DTypeInfo& info : AllTypes()) {
    std::vector<std::byte> block(static_cast<size_t>(info.block_bytes));
    std::vector<float> values(static_cast<size_t>(info.block_values), 1.0f);
    if (info.can_decode) {
      DecodeRow(info.dtype, block.data(), values.data(), info.block_values);
      EXPECT_THAT(values, Each(0.0f)) << info.name;  // every format reads a block of zero bytes as zeros
    } else {
      EXPECT_BANTAM_ERROR(DecodeRow(info.dtype, block.data(), values.data(), info.block_values),
                          ErrorCode::kUnsupported, HasSubstr(std::string(info.name)));
    }
    if (info.can_encode) {
      EncodeRow(info.dtype, values.data(), block.data(), info.block_values);
    } else {
      EXPECT_BANTAM_ERROR(EncodeRow(info.dtype, values.data(), block.data(), info.block_values),
                          ErrorCode::kUnsupported, HasSubstr(std::string(info.name)));
    }
  }
}

TEST(CodecTest, RowsThatAreNotWholeBlocksAreErrors) {
  std::vector<float> values(512);
  std::vector<std::byte> bytes(4096);
  for (const DTypeInfo& info : AllTypes()) {
    if (info.block_values == 1) continue;
    const int64_t count = info.block_values + 1;
    EXPECT_BANTAM_ERROR(DecodeRow(info.dtype, bytes.data(), values.data(), count), ErrorCode::kFormat,
                        AllOf(HasSubstr(std::to_string(count)), HasSubstr(std::string(info.name))));
    EXPECT_BANTAM_ERROR(EncodeRow(info.dtype, values.data(), bytes.data(), count), ErrorCode::kFormat,
                        HasSubstr(std::string(info.name)));
  }
  EXPECT_BANTAM_ERROR(DecodeRow(DType::kF32, bytes.data(), values.data(), -1), ErrorCode::kFormat, HasSubstr("-1"));
}

// A row decodes to what its blocks decode to one by one, from an address without any alignment.
TEST(CodecTest, RowsAreTheirBlocks) {
  constexpr int64_t kBlocks = 7;
  for (const DTypeInfo& info : AllTypes()) {
    if (!info.can_decode) continue;
    const auto bytes = RandomBytes(1000 + static_cast<uint64_t>(info.dtype), kBlocks * info.block_bytes);
    std::vector<std::byte> shifted(bytes.size() + 1);
    std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
    std::vector<float> row(static_cast<size_t>(kBlocks * info.block_values)), blocks(row.size());
    DecodeRow(info.dtype, shifted.data() + 1, row.data(), kBlocks * info.block_values);
    for (int64_t i = 0; i < kBlocks; ++i) {
      DecodeRow(info.dtype, bytes.data() + i * info.block_bytes, blocks.data() + i * info.block_values,
                info.block_values);
    }
    EXPECT_EQ(std::memcmp(row.data(), blocks.data(), row.size() * sizeof(float)), 0) << info.name;
  }
}

TEST(CodecTest, NumbersBecomeTheNearestFloat) {
  EXPECT_THAT(DecodeValues<int8_t>(DType::kI8, {-128, 127}), ElementsAre(-128.0f, 127.0f));
  EXPECT_THAT(DecodeValues<uint8_t>(DType::kU8, {0, 255}), ElementsAre(0.0f, 255.0f));
  EXPECT_THAT(DecodeValues<int16_t>(DType::kI16, {-32768, 32767}), ElementsAre(-32768.0f, 32767.0f));
  EXPECT_THAT(DecodeValues<uint16_t>(DType::kU16, {65535}), ElementsAre(65535.0f));
  // 2^24 + 1 lies between two floats, the even one is below; 2^24 + 3 has it above.
  EXPECT_THAT(DecodeValues<int32_t>(DType::kI32, {16777217, -16777219}), ElementsAre(16777216.0f, -16777220.0f));
  EXPECT_THAT(DecodeValues<uint32_t>(DType::kU32, {0xffffffffu}), ElementsAre(0x1p32f));
  EXPECT_THAT(DecodeValues<int64_t>(DType::kI64, {std::numeric_limits<int64_t>::min()}), ElementsAre(-0x1p63f));
  EXPECT_THAT(DecodeValues<uint64_t>(DType::kU64, {std::numeric_limits<uint64_t>::max()}), ElementsAre(0x1p64f));
  EXPECT_THAT(DecodeValues<double>(DType::kF64, {0.1, -1e300, 1e-300}), ElementsAre(0.1f, -kInfinity, 0.0f));
  EXPECT_THAT(DecodeValues<uint8_t>(DType::kBool, {0, 1, 2}), ElementsAre(0.0f, 1.0f, 1.0f));
}

TEST(CodecTest, FloatsOfOneWordKeepWhatTheyHold) {
  const std::vector<float> exact = {0.0f, -0.0f, 1.0f, -1.5f, 0x1p-14f, 240.0f, kInfinity, -kInfinity};
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const std::vector<float> decoded = EncodeAndDecode(dtype, exact);
    EXPECT_EQ(std::memcmp(decoded.data(), exact.data(), exact.size() * sizeof(float)), 0) << Name(dtype);
    EXPECT_TRUE(std::isnan(EncodeAndDecode(dtype, {kNan})[0])) << Name(dtype);
  }
  EXPECT_THAT(EncodeAndDecode(DType::kF16, {0.1f, 70000.0f}), ElementsAre(0x0.1998p0f, kInfinity));
  EXPECT_THAT(EncodeAndDecode(DType::kBF16, {0.1f, 70000.0f}), ElementsAre(0x0.19ap0f, 70144.0f));
}

TEST(CodecTest, EncodesQ8_0ByHand) {
  std::vector<float> values(32);
  // d = 1, so that codes are the values rounded half away from zero; the float below 1/2 is the one x + 1/2 gets wrong.
  const std::vector<float> start = {127.0f, -127.0f, 1.5f, -1.5f, 2.5f, -2.5f, 0.49999997f, -0.49999997f, 0.5f, 126.4f};
  std::copy(start.begin(), start.end(), values.begin());
  const std::vector<float> decoded = EncodeAndDecode(DType::kQ8_0, values);
  EXPECT_THAT(std::vector<float>(decoded.begin(), decoded.begin() + 11),
              ElementsAre(127, -127, 2, -2, 3, -3, 0, 0, 1, 126, 0));
  EXPECT_EQ(Encode(DType::kQ8_0, values)[1], std::byte{0x3c});
}

TEST(CodecTest, EncodesQ4_0ByHand) {
  std::vector<float> values(32);
  values[3] = -16.0f;  // the first of the largest: d = 2
  values[4] = 16.0f;   // would need the code 16
  values[20] = 3.0f;   // 3 / 2 + 8.5 = 10
  values[21] = -3.1f;  // -3.1 / 2 + 8.5 = 6.95
  const std::vector<float> decoded = EncodeAndDecode(DType::kQ4_0, values);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(decoded[i], i == 3 ? -16.0f : i == 4 ? 14.0f : i == 20 ? 4.0f : i == 21 ? -4.0f : 0.0f) << i;
  }
  std::swap(values[3], values[4]);  // now d = -2
  EXPECT_EQ(EncodeAndDecode(DType::kQ4_0, values)[3], 16.0f);
  EXPECT_EQ(EncodeAndDecode(DType::kQ4_0, values)[4], -14.0f);
}

TEST(CodecTest, ZerosStayZeros) {
  for (const float zero : {0.0f, -0.0f}) {
    const std::vector<std::byte> q4_0 = Encode(DType::kQ4_0, std::vector<float>(32, zero));
    EXPECT_EQ(q4_0[1], std::byte{0x80});
    EXPECT_THAT(std::vector<std::byte>(q4_0.begin() + 2, q4_0.end()), Each(std::byte{0x88}));
    EXPECT_THAT(Encode(DType::kQ8_0, std::vector<float>(32, zero)), Each(std::byte{0}));
  }
}

TEST(CodecTest, ScalesBelowTheSmallestHalfGiveZeros) {
  for (const DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    for (const float tiny : {1e-8f, 1e-38f, 1e-40f, std::numeric_limits<float>::denorm_min()}) {
      std::vector<float> values(32, tiny);
      values[7] = -tiny;
      EXPECT_THAT(EncodeAndDecode(dtype, values), Each(0.0f)) << Name(dtype) << " " << tiny;
    }
  }
}

TEST(CodecTest, BlocksThatHaveNoScaleAreErrors) {
  for (const DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    const float codes = dtype == DType::kQ8_0 ? 127.0f : 8.0f;
    std::vector<float> values(96, 1.0f);
    // 65520 is halfway between the largest half, 65504, and 65536, and rounds to infinity.
    for (const float bad : {kNan, -kNan, kInfinity, -kInfinity, 65520.0f * codes, -65520.0f * codes}) {
      SCOPED_TRACE(bad);
      values[40] = bad;
      EXPECT_BANTAM_ERROR(Encode(dtype, values), ErrorCode::kNumeric,
                          AllOf(HasSubstr(std::string(Name(dtype))), HasSubstr("values 32 to 63")));
    }
    values[40] = -65504.0f * codes;
    EXPECT_EQ(EncodeAndDecode(dtype, values)[40], values[40]);
  }
}

struct StepBound {
  DType dtype;
  float codes;  // largest |value| / d
  float inside, clipped;
};

// The error in units of d. Rounding to a code costs at most 1/2 (Q4_0: 1 on the side where the grid ends at 7 while
// values go up to 8), and d itself is rounded to F16, at most 2^-11 of it, times the largest code. 1e-4 covers the F32
// roundings.
TEST(CodecTest, ErrorsStayWithinTheStep) {
  Rng rng(7);
  for (const auto& [dtype, codes, inside, clipped] :
       {StepBound{DType::kQ8_0, 127.0f, 0.5f, 0.5f}, StepBound{DType::kQ4_0, 8.0f, 0.5f, 1.0f}}) {
    const float scale_error = codes * 0x1p-11f + 1e-4f;
    float largest_inside = 0, largest = 0;
    for (int block = 0; block < 4000; ++block) {
      // d is a normal half for all of these.
      const float spread = std::ldexp(1.0f, static_cast<int>(rng.NextBelow(16)) - 4);
      std::vector<float> values(32);
      for (float& value : values) value = static_cast<float>(rng.NextGaussian()) * spread;
      const std::vector<float> decoded = EncodeAndDecode(dtype, values);
      const auto extreme =
          std::max_element(values.begin(), values.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); });
      const float d = std::fabs(*extreme) / codes;
      for (size_t i = 0; i < 32; ++i) {
        const float error = std::fabs(values[i] - decoded[i]) / d;
        // Opposite in sign to the extreme and above the last code.
        const bool beyond = values[i] / *extreme < -7.0f / 8.0f;
        if (!beyond) largest_inside = std::max(largest_inside, error);
        largest = std::max(largest, error);
      }
    }
    EXPECT_LE(largest_inside, inside + scale_error) << Name(dtype);
    EXPECT_GE(largest_inside, 0.99f * inside) << Name(dtype);
    EXPECT_LE(largest, clipped + scale_error) << Name(dtype);
    EXPECT_GE(largest, 0.95f * clipped) << Name(dtype);
  }
}

TEST(CodecTest, ToFloatsDecodesEveryRow) {
  std::byte* data = nullptr;
  const Tensor tensor = Tensor::Allocate(DType::kQ8_0, {3, 2, 64}, &data);
  std::vector<float> values(3 * 2 * 64);
  Rng rng(3);
  // Codes with the scale 1: every row holds a 127.
  for (float& value : values) value = static_cast<float>(rng.NextBelow(255)) - 127.0f;
  for (size_t i = 0; i < values.size(); i += 32) values[i] = 127.0f;
  EncodeRow(DType::kQ8_0, values.data(), data, static_cast<int64_t>(values.size()));
  EXPECT_EQ(ToFloats(tensor), values);
  EXPECT_EQ(ToFloats(tensor.Rows(1, 3)), std::vector<float>(values.begin() + 64, values.begin() + 192));
}

}  // namespace
}  // namespace bantam
