#include "tensor/codec/q2_k_q3_k.h"

#include "tensor/codec/half.h"

namespace bantam {
namespace {

// Where the low bits of a group's 16 values lie: 16 bytes, all at the same shift.
struct GroupBits {
  const uint8_t* bytes;
  int shift;
};

GroupBits LowBits(const uint8_t (&codes)[64], int group) {
  return {codes + 32 * (group / 8) + 16 * (group % 2), 2 * (group / 2 % 4)};
}

int ScaleOfQ3_K(const uint8_t (&scales)[12], int group) {
  const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
  const int high = (scales[8 + group % 4] >> (2 * (group / 4))) & 3;
  return low | high << 4;
}

}  // namespace

void BlockQ2_K::Decode(float* values) const {
  const float d = HalfToFloat(scale), m = HalfToFloat(min_scale);
  for (int group = 0; group < 16; ++group) {
    const float step = d * static_cast<float>(scales[group] & 15);
    const float offset = m * static_cast<float>(scales[group] >> 4);
    const GroupBits low = LowBits(codes, group);
    for (int i = 0; i < 16; ++i) {
      const int q = (low.bytes[i] >> low.shift) & 3;
      values[16 * group + i] = step * static_cast<float>(q) - offset;
    }
  }
}

void BlockQ3_K::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  for (int group = 0; group < 16; ++group) {
    const float step = d * static_cast<float>(ScaleOfQ3_K(scales, group) - 32);
    const GroupBits low = LowBits(codes, group);
    const uint8_t* third = high + 16 * (group % 2);
    for (int i = 0; i < 16; ++i) {
      const int q = ((low.bytes[i] >> low.shift) & 3) | ((third[i] >> (group / 2)) & 1) << 2;
      values[16 * group + i] = step * static_cast<float>(q - 4);
    }
  }
}

}  // namespace bantam
