#include "tensor/codec/mxfp4.h"

#include <bit>

namespace bantam {
namespace {

// Twice the elements, so that they are integers; half the scale makes up for it, and 2^127, the half of the largest
// scale, is still a finite F32.
constexpr int8_t kDoubledElements[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// 2^(e - 128). F32 has subnormals below 2^-126.
float HalfScale(uint8_t e) {
  constexpr uint32_t kTwoToMinus128 = 1u << 21;
  return std::bit_cast<float>(e < 2 ? kTwoToMinus128 << e : (e - 1u) << 23);
}

}  // namespace

void BlockMXFP4::Decode(float* values) const {
  const float half_scale = HalfScale(exponent);
  for (int i = 0; i < 16; ++i) {
    values[i] = static_cast<float>(kDoubledElements[nibbles[i] & 15]) * half_scale;
    values[i + 16] = static_cast<float>(kDoubledElements[nibbles[i] >> 4]) * half_scale;
  }
}

}  // namespace bantam
