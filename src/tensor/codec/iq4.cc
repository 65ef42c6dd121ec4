#include "tensor/codec/iq4.h"

#include "tensor/codec/half.h"

namespace bantam {
namespace {

// 32 values from 16 bytes of codes.
void DecodeGroup(float step, const uint8_t* nibbles, float* values) {
  for (int i = 0; i < 16; ++i) {
    values[i] = step * static_cast<float>(kIq4Levels[nibbles[i] & 15]);
    values[i + 16] = step * static_cast<float>(kIq4Levels[nibbles[i] >> 4]);
  }
}

}  // namespace

void BlockIQ4_NL::Decode(float* values) const { DecodeGroup(HalfToFloat(scale), nibbles, values); }

void BlockIQ4_XS::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  for (int group = 0; group < 8; ++group) {
    const int low = (scales_low[group / 2] >> (4 * (group % 2))) & 15;
    const int high = (scales_high >> (2 * group)) & 3;
    DecodeGroup(d * static_cast<float>((low | high << 4) - 32), nibbles + 16 * group, values + 32 * group);
  }
}

}  // namespace bantam
