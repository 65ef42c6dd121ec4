// What the encoders of symmetric block formats share: the largest magnitude of a block, its scale and the scale's
// inverse.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace bantam {

// The largest |value|; a NaN when there is one. Magnitudes are compared as integers: without the sign bit the order of
// the bits is the order of the numbers, and every NaN lies above infinity.
inline float LargestMagnitude(const float* values, int count) {
  uint32_t largest = 0;
  for (int i = 0; i < count; ++i) largest = std::max(largest, std::bit_cast<uint32_t>(values[i]) & 0x7fffffffu);
  return std::bit_cast<float>(largest);
}

constexpr bool IsFiniteHalf(uint16_t half) { return (half & 0x7c00u) != 0x7c00u; }

// 1 / scale, 0 for 0. Infinite for scales of about 2^-128 and less. As F16 they are 0, so the codes do not matter; ggml
// on x86, whose conversion of infinity and NaN to an integer ends in a zero byte, stores the code 0 then, and so do the
// encoders.
inline float InverseScale(float scale) { return scale == 0.0f ? 0.0f : 1.0f / scale; }

}  // namespace bantam
