// bfloat16 as the operand of a product: 16 bits that are the upper half of a float.
#pragma once

#include <bit>
#include <cstdint>

namespace bantam {

// What matrix products take. A type of its own, so that templates tell it from integers.
struct BFloat16 {
  uint16_t bits;
};

// To nearest, ties to even; NaN stays NaN. No branch, so that loops over it become vector code.
inline BFloat16 RoundToBFloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const uint32_t quiet_nan = (bits >> 16) | 0x40;
  return {static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? quiet_nan : rounded)};
}

inline float ToFloat(BFloat16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }

}  // namespace bantam
