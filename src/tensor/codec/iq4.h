// IQ4_NL and IQ4_XS: 4-bit codes into a table of 16 unevenly spaced levels, dense near zero where most weights are.
//
//   IQ4_NL   18 bytes    32 values               x = d * level[q]
//   IQ4_XS  136 bytes    256 in 8 groups of 32   x = (d * (s - 32)) * level[q]      s in 0..63
//
//   q      0     1    2    3    4    5    6    7   8   9  10  11  12  13  14   15
//   level -127 -104 -83  -65  -49  -35  -22  -10   1  13  25  38  53  69  89  113
//
// Codes of 32 values (a group), in 16 bytes: values i and i + 16 are the low and the high nibble of byte i.
// Scale s of group g: low four bits in nibble g % 2 of scales_low[g / 2], high two in bits 2g+1..2g of scales_high.
#pragma once

#include <cstdint>

namespace bantam {

inline constexpr int8_t kIq4Levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

struct BlockIQ4_NL {
  static constexpr int kValues = 32;
  uint16_t scale;  // d, F16
  uint8_t nibbles[16];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockIQ4_NL) == 18);

struct BlockIQ4_XS {
  static constexpr int kValues = 256;
  uint16_t scale;  // d, F16
  uint16_t scales_high;
  uint8_t scales_low[4];
  uint8_t nibbles[128];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockIQ4_XS) == 136);

}  // namespace bantam
