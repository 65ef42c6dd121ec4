#include "tensor/codec/q4_q5.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

#include "tensor/codec/half.h"
#include "tensor/codec/magnitude.h"

namespace bantam {
namespace {

// Calls to_value(q) for every value of a block of 4-bit codes.
template <typename ToValue>
void ForNibbles(const uint8_t (&nibbles)[16], float* values, ToValue to_value) {
  for (int i = 0; i < 16; ++i) {
    values[i] = to_value(nibbles[i] & 15);
    values[i + 16] = to_value(nibbles[i] >> 4);
  }
}

// The same for 5-bit codes.
template <typename ToValue>
void ForNibblesWithHighBit(const uint8_t (&nibbles)[16], const uint8_t (&high)[4], float* values, ToValue to_value) {
  uint32_t high_bits;
  std::memcpy(&high_bits, high, sizeof(high_bits));
  for (int i = 0; i < 16; ++i) {
    values[i] = to_value((nibbles[i] & 15) | static_cast<int>((high_bits >> i) & 1) << 4);
    values[i + 16] = to_value((nibbles[i] >> 4) | static_cast<int>((high_bits >> (i + 16)) & 1) << 4);
  }
}

}  // namespace

void BlockQ4_0::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  ForNibbles(nibbles, values, [d](int q) { return static_cast<float>(q - 8) * d; });
}

void BlockQ4_1::Decode(float* values) const {
  const float d = HalfToFloat(scale), m = HalfToFloat(offset);
  ForNibbles(nibbles, values, [d, m](int q) { return static_cast<float>(q) * d + m; });
}

void BlockQ5_0::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  ForNibblesWithHighBit(nibbles, high, values, [d](int q) { return static_cast<float>(q - 16) * d; });
}

void BlockQ5_1::Decode(float* values) const {
  const float d = HalfToFloat(scale), m = HalfToFloat(offset);
  ForNibblesWithHighBit(nibbles, high, values, [d, m](int q) { return static_cast<float>(q) * d + m; });
}

bool BlockQ4_0::Encode(const float* values) {
  const float largest = LargestMagnitude(values, kValues);
  // The first of several values of the same magnitude gives d its sign; a block of zeros, +0 and -0 alike, has d = -0.
  const float* extreme = std::find_if(values, values + kValues, [=](float x) { return std::fabs(x) == largest; });
  if (extreme == values + kValues) return false;  // `largest` is a NaN
  const float d = (largest == 0.0f ? 0.0f : *extreme) / -8.0f;
  scale = FloatToHalf(d);
  if (!IsFiniteHalf(scale)) return false;
  const float inverse = InverseScale(d);
  if (std::isinf(inverse)) {
    std::fill(std::begin(nibbles), std::end(nibbles), uint8_t{0});
    return true;
  }
  // x / d + 8.5 is in [0.5, 16.5] up to rounding, so that the conversion to int is floor.
  const auto code = [inverse](float x) { return std::min(15, static_cast<int>(x * inverse + 8.5f)); };
  for (int i = 0; i < 16; ++i) nibbles[i] = static_cast<uint8_t>(code(values[i]) | code(values[i + 16]) << 4);
  return true;
}

}  // namespace bantam
