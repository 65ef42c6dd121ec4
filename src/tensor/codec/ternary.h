// TQ1_0 and TQ2_0: 256 values out of {-1, 0, 1} times one scale, for models trained that way (BitNet b1.58, TriLM).
//
//   TQ1_0   54 bytes    x = (q - 1) * d      q in 0..2, five to a byte in base 3
//   TQ2_0   66 bytes    x = (q - 1) * d      q in 0..3, four to a byte
//
// TQ1_0: a byte b stands for the fraction b / 256, rounded up, whose first ternary digits are the codes. Digit n (0
// first) is floor(3 * frac(3^n * b / 256)): multiplying by 3^n modulo 256 drops the digits before it.
//
//   fives[0..31]     digit n (0..4) of byte l is value        32 n + l
//   fives[32..47]    digit n (0..4) of byte 32 + l is value   160 + 16 n + l
//   fours[0..3]      digit n (0..3) of byte l is value        240 + 4 n + l
//
// TQ2_0: value 128 h + 32 j + l (h in 0..1, j in 0..3, l in 0..31) has bits 2j+1..2j of codes[32 h + l].
#pragma once

#include <cstdint>

namespace bantam {

struct BlockTQ1_0 {
  static constexpr int kValues = 256;
  uint8_t fives[48];
  uint8_t fours[4];
  uint16_t scale;  // d, F16

  void Decode(float* values) const;
};
static_assert(sizeof(BlockTQ1_0) == 54);

struct BlockTQ2_0 {
  static constexpr int kValues = 256;
  uint8_t codes[64];
  uint16_t scale;  // d, F16

  void Decode(float* values) const;
};
static_assert(sizeof(BlockTQ2_0) == 66);

}  // namespace bantam
