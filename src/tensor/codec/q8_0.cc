#include "tensor/codec/q8_0.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "tensor/codec/half.h"
#include "tensor/codec/magnitude.h"

namespace bantam {
namespace {

// std::round for |x| < 2^31, in operations that become vector code. `rest` is exact.
int RoundHalfAway(float x) {
  const int truncated = static_cast<int>(x);
  const float rest = x - static_cast<float>(truncated);
  return truncated + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

}  // namespace

void BlockQ8_0::Decode(float* values) const {
  const float d = HalfToFloat(scale);
  for (int i = 0; i < kValues; ++i) values[i] = static_cast<float>(codes[i]) * d;
}

bool BlockQ8_0::Encode(const float* values) {
  const float largest = LargestMagnitude(values, kValues);
  const float d = largest / 127.0f;
  scale = FloatToHalf(d);
  if (!IsFiniteHalf(scale)) return false;
  const float inverse = InverseScale(d);
  if (std::isinf(inverse)) {
    std::fill(std::begin(codes), std::end(codes), int8_t{0});
    return true;
  }
  for (int i = 0; i < kValues; ++i) codes[i] = static_cast<int8_t>(RoundHalfAway(values[i] * inverse));
  return true;
}

}  // namespace bantam
