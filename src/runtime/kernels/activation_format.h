// What a matrix product makes of its activations before it multiplies: the definition is llama.cpp's CPU backend, so that
// both programs compute the same thing up to the rounding of float sums.
//
//   weights                                              activations
//   F32 and everything else that decodes to floats       kF32   as they are
//   F16                                                  kF16   rounded to F16 (nearest even)
//   BF16                                                 kBF16  rounded to BF16 (nearest even)
//   Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL, MXFP4          kQ8    per 32 values: int8 codes, F16 scale
//   K-quants, IQ4_XS, TQ1_0, TQ2_0                       kQ8K   per 256 values: int8 codes, F32 scale
//
// Rounding is not continuous: two programs whose float sums differ in the last bit now and then round an activation
// differently, by a whole step, and a few layers on most of their roundings differ.
//
// kQ8, x a block of 32:    m = max |x|;  q = round_half_even(x * (127 / m));  d = F16(m / 127);  s = F16(m / 127 * sum q)
//   s is what Q4_1 and Q5_1 multiply their offsets by. An x * (127 / m) that is no number in -127..127 (m is not finite,
//   or so small that 127 / m overflows) has the code 0; the scale then carries the infinity, the NaN or the zero.
// kQ8K, x a block of 256:  m = the x of largest magnitude, the first one of equals;  q = round_half_even(x * (-127 / m));
//   x becomes q * (1 / (-127 / m))
//
// Layout of an encoded row of `cols` values:
//   kF32, kF16, kBF16, kQ8K   the floats that result, zeros up to the next multiple of 16
//   kQ8                       int8 codes[32 * blocks] | float d[blocks] | float s[blocks], blocks rounded up to even,
//                             all zero in the block that this adds
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace bantam {

enum class ActivationFormat { kF32, kF16, kBF16, kQ8, kQ8K };
inline constexpr int kActivationFormats = 5;

inline constexpr int64_t kQ8Block = 32, kQ8KBlock = 256;

ActivationFormat ActivationFormatFor(DType weights);

inline int64_t Q8Blocks(int64_t cols) { return (cols / kQ8Block + 1) / 2 * 2; }

// A multiple of 64, so that rows of an aligned buffer stay aligned.
inline int64_t ActivationRowBytes(ActivationFormat format, int64_t cols) {
  if (format != ActivationFormat::kQ8) return (cols + 15) / 16 * 64;
  const int64_t bytes = Q8Blocks(cols) * (kQ8Block + 2 * static_cast<int64_t>(sizeof(float)));
  return (bytes + 63) / 64 * 64;
}

// The parts of an encoded kQ8 row.
struct Q8Row {
  const int8_t* codes;
  const float* scales;
  const float* sums;

  Q8Row() = default;
  Q8Row(const std::byte* row, int64_t cols)
      : codes(reinterpret_cast<const int8_t*>(row)),
        scales(reinterpret_cast<const float*>(row + kQ8Block * Q8Blocks(cols))),
        sums(scales + Q8Blocks(cols)) {}
};

}  // namespace bantam
