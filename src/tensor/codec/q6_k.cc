#include "tensor/codec/q6_k.h"

#include "tensor/codec/half.h"

namespace bantam {

void BlockQ6_K::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  for (int group = 0; group < 16; ++group) {
    const int h = group / 8, j = group / 2 % 4, first = 16 * (group % 2);
    const float step = d * static_cast<float>(scales[group]);
    const uint8_t* low_bytes = low + 64 * h + 32 * (j % 2) + first;
    const uint8_t* high_bytes = high + 32 * h + first;
    for (int i = 0; i < 16; ++i) {
      const int q = ((low_bytes[i] >> (4 * (j / 2))) & 15) | ((high_bytes[i] >> (2 * j)) & 3) << 4;
      values[16 * group + i] = step * static_cast<float>(q - 32);
    }
  }
}

}  // namespace bantam
