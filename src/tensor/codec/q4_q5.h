// Q4_0, Q4_1, Q5_0, Q5_1: 32 values in 4 or 5 bits with one scale, and in the _1 formats one offset.
//
//   Q4_0   18 bytes   d                         x = (q - 8) * d     q in 0..15
//   Q4_1   20 bytes   d, m                      x = q * d + m       q in 0..15
//   Q5_0   22 bytes   d, high bits              x = (q - 16) * d    q in 0..31
//   Q5_1   24 bytes   d, m, high bits           x = q * d + m       q in 0..31
//
//   nibbles   byte     0        1             15            value i and value i + 16 share byte i
//                   16 | 0   17 | 1   ...   31 | 15         bits 7..4 | bits 3..0
//   high      bit i of the little-endian 32-bit word is bit 4 of q of value i
#pragma once

#include <cstdint>

namespace bantam {

struct BlockQ4_0 {
  static constexpr int kValues = 32;
  uint16_t scale;  // d, F16
  uint8_t nibbles[16];

  void Decode(float* values) const;
  // d is the value of largest magnitude over -8, so that this value gets the code 0, and q = floor(x / d + 8.5), at
  // most 15: the grid has one step more on the side of the largest value. False when a value is not finite or d is too
  // large for F16.
  [[nodiscard]] bool Encode(const float* values);
};
static_assert(sizeof(BlockQ4_0) == 18);

struct BlockQ4_1 {
  static constexpr int kValues = 32;
  uint16_t scale;   // d, F16
  uint16_t offset;  // m, F16
  uint8_t nibbles[16];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ4_1) == 20);

struct BlockQ5_0 {
  static constexpr int kValues = 32;
  uint16_t scale;  // d, F16
  uint8_t high[4];
  uint8_t nibbles[16];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ5_0) == 22);

struct BlockQ5_1 {
  static constexpr int kValues = 32;
  uint16_t scale;   // d, F16
  uint16_t offset;  // m, F16
  uint8_t high[4];
  uint8_t nibbles[16];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockQ5_1) == 24);

}  // namespace bantam
