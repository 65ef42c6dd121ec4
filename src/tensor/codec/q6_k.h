// Q6_K: 256 values in 16 groups of 16, a signed 8-bit scale per group under one F16 scale.
//
//   210 bytes    x = (d * s) * (q - 32)      q in 0..63    s in -128..127
//
// Value v = 128 h + 32 j + l (h in 0..1, j in 0..3, l in 0..31), group g = v / 16:
//
//   low four bits of q      nibble j / 2 of low[64 h + 32 (j % 2) + l]
//   high two bits of q      bits 2j+1..2j of high[32 h + l]
//   s                       scales[g]
#pragma once

#include <cstdint>

namespace bantam {

struct BlockQ6_K {
  static constexpr int kValues = 256;
  uint8_t low[128];
  uint8_t high[64];
  int8_t scales[16];
  uint16_t scale;  // d, F16

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ6_K) == 210);

}  // namespace bantam
