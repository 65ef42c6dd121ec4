#include "tensor/codec/q4_k_q5_k.h"

#include "tensor/codec/half.h"

namespace bantam {
namespace {

struct ScaleAndMin {
  int scale, min;
};

ScaleAndMin GroupScale(const uint8_t (&scales)[12], int group) {
  if (group < 4) return {scales[group] & 63, scales[group + 4] & 63};
  const int g = group - 4;
  return {(scales[g + 8] & 15) | scales[g] >> 6 << 4, scales[g + 8] >> 4 | scales[g + 4] >> 6 << 4};
}

// What Q4_K and Q5_K share; code(group, i) is q of value i of a group.
template <typename Block, typename Code>
void DecodeGroups(const Block& block, float* values, Code code) {
  const float d = HalfToFloat(block.scale), m = HalfToFloat(block.min_scale);
  for (int group = 0; group < 8; ++group) {
    const ScaleAndMin integers = GroupScale(block.scales, group);
    const float step = d * static_cast<float>(integers.scale);
    const float offset = m * static_cast<float>(integers.min);
    for (int i = 0; i < 32; ++i) values[32 * group + i] = step * static_cast<float>(code(group, i)) - offset;
  }
}

int Nibble(const uint8_t (&nibbles)[128], int group, int i) {
  return (nibbles[32 * (group / 2) + i] >> (4 * (group % 2))) & 15;
}

}  // namespace

void BlockQ4_K::Decode(float* values) const {
  DecodeGroups(*this, values, [this](int group, int i) { return Nibble(nibbles, group, i); });
}

void BlockQ5_K::Decode(float* values) const {
  DecodeGroups(*this, values,
               [this](int group, int i) { return Nibble(nibbles, group, i) | ((high[i] >> group) & 1) << 4; });
}

}  // namespace bantam
