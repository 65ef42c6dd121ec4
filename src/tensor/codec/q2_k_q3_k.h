// Q2_K and Q3_K: 256 values in 16 groups of 16, a small integer scale per group under one F16 scale per block.
//
//   Q2_K   84 bytes    x = (d * s) * q - (m * t)      q in 0..3     s, t in 0..15
//   Q3_K  110 bytes    x = (d * (s - 32)) * (q - 4)   q in 0..7     s in 0..63
//
// Low two bits of q: value v = 128 h + 32 j + l (h in 0..1, j in 0..3, l in 0..31) has bits 2j+1..2j of byte 32 h + l.
//
//   byte 32 h + l     bits 7..6         5..4         3..2         1..0
//                   128h+96+l    128h+64+l    128h+32+l       128h+l
//
// Third bit of q (Q3_K): bit 4 h + j of high[l].
//
// Scales of group g: Q2_K has s in bits 3..0 and t in bits 7..4 of scales[g]. Q3_K packs 16 six-bit numbers in 12
// bytes:
//
//   bytes 0..7     bits 7..4: low four of g + 8        bits 3..0: low four of g              g = 0..7
//   bytes 8..11    bits 7..6, 5..4, 3..2, 1..0: high two of g + 12, g + 8, g + 4, g          g = 0..3
#pragma once

#include <cstdint>

namespace bantam {

struct BlockQ2_K {
  static constexpr int kValues = 256;
  uint8_t scales[16];  // s | t << 4
  uint8_t codes[64];
  uint16_t scale;      // d, F16
  uint16_t min_scale;  // m, F16

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ2_K) == 84);

struct BlockQ3_K {
  static constexpr int kValues = 256;
  uint8_t high[32];
  uint8_t codes[64];
  uint8_t scales[12];
  uint16_t scale;  // d, F16

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ3_K) == 110);

}  // namespace bantam
