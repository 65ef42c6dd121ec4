// The two 16-bit floats and F32.
//
//          sign exponent mantissa   bias   value of a normal number
//   F16      1      5       10        15   (-1)^s * 2^(e - 15)  * (1 + m / 2^10)   IEEE 754-2019 binary16
//   BF16     1      8        7       127   (-1)^s * 2^(e - 127) * (1 + m / 2^7)    the upper half of a binary32
//   F32      1      8       23       127   (-1)^s * 2^(e - 127) * (1 + m / 2^23)   IEEE 754-2019 binary32
//
// Written without branches on the data so that loops over them become vector code. No step has a subnormal F32 as its
// input or result for an F16 value, so the answers do not change when a library has set the CPU to flush them to zero.
#pragma once

#include <bit>
#include <cstdint>

namespace bantam {

// Exact for all 65536 halves; a signalling NaN becomes a quiet one with the same payload, as F16C does.
constexpr float HalfToFloat(uint16_t half) {
  constexpr uint32_t kRebias = (127u - 15u) << 23;
  constexpr uint32_t kAllOnes = 31u << 23;  // the exponent of infinity and NaN, where F32 has its own
  constexpr uint32_t kQuiet = 1u << 22;
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t magnitude = (half & 0x7fffu) << 13;  // exponent and mantissa where F32 has them
  const uint32_t normal = magnitude + kRebias;
  // All ones have to stay all ones: 31 + 112 + 112 = 255.
  const uint32_t special = (normal + kRebias) | (magnitude > kAllOnes ? kQuiet : 0u);
  // Exponent 0 means 2^-14 * (m / 2^10): read it as 2^-14 * (1 + m / 2^10) and take 2^-14 away, which is exact.
  const float subnormal = std::bit_cast<float>(normal + (1u << 23)) - 0x1p-14f;
  const uint32_t finite = magnitude < (1u << 23) ? std::bit_cast<uint32_t>(subnormal) : normal;
  return std::bit_cast<float>(sign | (magnitude >= kAllOnes ? special : finite));
}

// Round to nearest even, overflow to infinity; a NaN keeps its upper payload bits and becomes quiet. As F16C does.
constexpr uint16_t FloatToHalf(float value) {
  constexpr uint32_t kInfinity = 255u << 23;
  constexpr uint32_t kOverflow = (127u + 16u) << 23;  // 2^16, above every finite half
  constexpr uint32_t kSmallest = (127u - 14u) << 23;  // 2^-14, the smallest normal half
  constexpr uint32_t kHalfInfinity = 0x7c00, kHalfQuietNan = 0x7e00;
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  // 0.5f has a unit in the last place of 2^-24, the step of subnormal halves: the addition does the rounding.
  const uint32_t subnormal =
      std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - std::bit_cast<uint32_t>(0.5f);
  // 13 mantissa bits go: add just under half of what they hold, and one more where the kept part is odd. A carry out of
  // the mantissa moves to the next exponent, and from the largest finite half to infinity.
  const uint32_t odd = (magnitude >> 13) & 1u;
  const uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0xfffu + odd) >> 13;
  const uint32_t special = magnitude > kInfinity ? kHalfQuietNan | ((magnitude >> 13) & 0x3ffu) : kHalfInfinity;
  const uint32_t finite = magnitude < kSmallest ? subnormal : normal;
  return static_cast<uint16_t>(sign | (magnitude >= kOverflow ? special : finite));
}

constexpr float BFloat16ToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

// Round to nearest even, overflow to infinity; a NaN keeps its upper payload bits and becomes quiet.
constexpr uint16_t FloatToBFloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t odd = (bits >> 16) & 1u;
  const uint32_t rounded = (bits + 0x7fffu + odd) >> 16;
  const uint32_t quiet_nan = (bits >> 16) | 0x40u;
  return static_cast<uint16_t>((bits & 0x7fffffffu) > (255u << 23) ? quiet_nan : rounded);
}

}  // namespace bantam
