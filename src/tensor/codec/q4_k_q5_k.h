// Q4_K and Q5_K: 256 values in 8 groups of 32, a six-bit scale and a six-bit minimum per group under two F16 scales.
//
//   Q4_K  144 bytes    x = (d * s) * q - (m * t)      q in 0..15    s, t in 0..63
//   Q5_K  176 bytes    x = (d * s) * q - (m * t)      q in 0..31    s, t in 0..63
//
// Low four bits of q: value v = 64 k + 32 j + l (k in 0..3, j in 0..1, l in 0..31) has nibble j of byte 32 k + l.
// Fifth bit of q (Q5_K): bit 2 k + j, the number of its group, of high[l].
//
// Scales s and minimums t of the groups g = 0..7, 16 six-bit numbers in 12 bytes:
//
//   bytes 0..3     bits 7..6: high two of s[g + 4]     bits 5..0: s[g]                       g = 0..3
//   bytes 4..7     bits 7..6: high two of t[g + 4]     bits 5..0: t[g]                       g = 0..3
//   bytes 8..11    bits 7..4: low four of t[g + 4]     bits 3..0: low four of s[g + 4]       g = 0..3
#pragma once

#include <cstdint>

namespace bantam {

struct BlockQ4_K {
  static constexpr int kValues = 256;
  uint16_t scale;      // d, F16
  uint16_t min_scale;  // m, F16
  uint8_t scales[12];
  uint8_t nibbles[128];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ4_K) == 144);

struct BlockQ5_K {
  static constexpr int kValues = 256;
  uint16_t scale;      // d, F16
  uint16_t min_scale;  // m, F16
  uint8_t scales[12];
  uint8_t high[32];
  uint8_t nibbles[128];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ5_K) == 176);

}  // namespace bantam
