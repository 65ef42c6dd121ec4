// MXFP4: 32 values in 4-bit floats with a power of two as scale (Open Compute Project, "Microscaling Formats (MX)
// Specification", version 1.0, sections 5.2 to 5.4).
//
//   17 bytes    e, E8M0 | 16 bytes of codes      x = 2^(e - 127) * element[q]
//
//   q (E2M1)   0    1   2    3   4   5   6   7      8    9    10    11   12   13   14   15
//   element    0   0.5  1   1.5  2   3   4   6     -0  -0.5  -1   -1.5  -2   -3   -4   -6
//
// Codes: values i and i + 16 are the low and the high nibble of byte i.
//
// Where this follows ggml instead of the specification: e = 255 is 2^128 and not NaN, and the element -0 decodes to +0.
#pragma once

#include <cstdint>

namespace bantam {

struct BlockMXFP4 {
  static constexpr int kValues = 32;
  uint8_t exponent;  // e
  uint8_t nibbles[16];

  void Decode(float* values) const;
};
static_assert(sizeof(BlockMXFP4) == 17);

}  // namespace bantam
