#include "tensor/codec/ternary.h"

#include "tensor/codec/half.h"

namespace bantam {
namespace {

// The first `digits` ternary digits of `count` bytes, digit by digit; returns the end of what was written.
float* DecodeDigits(const uint8_t* bytes, int count, int digits, float d, float* values) {
  int power = 1;  // 3^n
  for (int n = 0; n < digits; ++n, power *= 3) {
    for (int i = 0; i < count; ++i) {
      const int fraction = (bytes[i] * power) & 255;
      const int q = fraction * 3 >> 8;
      *values++ = static_cast<float>(q - 1) * d;
    }
  }
  return values;
}

}  // namespace

void BlockTQ1_0::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  values = DecodeDigits(fives, 32, 5, d, values);
  values = DecodeDigits(fives + 32, 16, 5, d, values);
  DecodeDigits(fours, 4, 4, d, values);
}

void BlockTQ2_0::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  for (int group = 0; group < 8; ++group) {
    const uint8_t* bytes = codes + 32 * (group / 4);
    const int shift = 2 * (group % 4);
    for (int i = 0; i < 32; ++i) values[32 * group + i] = static_cast<float>(((bytes[i] >> shift) & 3) - 1) * d;
  }
}

}  // namespace bantam
