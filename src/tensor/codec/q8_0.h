// Q8_0: 32 values in 8 bits with one scale.
//
//   34 bytes   d, F16 | 32 codes q, int8, in the order of the values      x = q * d
#pragma once

#include <cstdint>

namespace bantam {

struct BlockQ8_0 {
  static constexpr int kValues = 32;
  uint16_t scale;  // d, F16
  int8_t codes[32];

  void Decode(float* values) const;
  // d = max |x| / 127 and q = x / d rounded half away from zero, with d before its own rounding to F16. False when a
  // value is not finite or d is too large for F16.
  [[nodiscard]] bool Encode(const float* values);
};
static_assert(sizeof(BlockQ8_0) == 34);

}  // namespace bantam
