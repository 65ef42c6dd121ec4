// Activations into the formats of activation_format.h. Plain loops over bit operations: compilers make vector code of them.
#pragma once

namespace bantam::BANTAM_TARGET {

// 1.5 * 2^23: adding and subtracting it rounds a float below 2^22 to the nearest whole number, ties to even.
inline constexpr float kToWhole = 0x1.8p23f;

inline void EncodeQ8Block(const float* x, int8_t* codes, float* scale, float* sum) {
  // As integers, magnitudes compare like the floats they are, and a NaN is larger than anything: it reaches the scale.
  uint32_t largest = 0;
  for (int i = 0; i < kQ8Block; ++i) largest = std::max(largest, std::bit_cast<uint32_t>(x[i]) & 0x7fffffffu);
  const float magnitude = std::bit_cast<float>(largest);
  const float d = magnitude / 127.0f;
  const float inverse = magnitude != 0.0f ? 127.0f / magnitude : 0.0f;
  int total = 0;
  for (int i = 0; i < kQ8Block; ++i) {
    float whole = (x[i] * inverse + kToWhole) - kToWhole;
    whole = whole >= -127.0f && whole <= 127.0f ? whole : 0.0f;
    codes[i] = static_cast<int8_t>(whole);
    total += static_cast<int>(whole);
  }
  *scale = HalfToFloat(FloatToHalf(d));
  *sum = HalfToFloat(FloatToHalf(d * static_cast<float>(total)));
}

inline void EncodeQ8(const float* x, int64_t cols, std::byte* out) {
  const int64_t blocks = cols / kQ8Block, padded = Q8Blocks(cols);
  auto* codes = reinterpret_cast<int8_t*>(out);
  auto* scales = reinterpret_cast<float*>(out + kQ8Block * padded);
  float* sums = scales + padded;
  for (int64_t b = 0; b < blocks; ++b) EncodeQ8Block(x + b * kQ8Block, codes + b * kQ8Block, scales + b, sums + b);
  if (padded == blocks) return;
  std::memset(codes + blocks * kQ8Block, 0, kQ8Block);
  scales[blocks] = sums[blocks] = 0.0f;
}

inline void EncodeQ8KBlock(const float* x, float* out) {
  float largest = 0.0f, signed_largest = 0.0f;
  for (int i = 0; i < kQ8KBlock; ++i) {
    const float magnitude = std::fabs(x[i]);
    if (magnitude > largest) {
      largest = magnitude;
      signed_largest = x[i];
    }
  }
  // Below 2^-119 the factor would be infinite; such a block is zero. A NaN or infinity becomes NaN either way.
  if (largest < 0x1p-119f) {
    for (int i = 0; i < kQ8KBlock; ++i) out[i] = x[i] * 0.0f;
    return;
  }
  const float inverse = -127.0f / signed_largest;
  const float d = 1.0f / inverse;
  for (int i = 0; i < kQ8KBlock; ++i) out[i] = d * ((x[i] * inverse + kToWhole) - kToWhole);
}

void Encode(ActivationFormat format, const float* x, int64_t cols, std::byte* out) {
  if (format == ActivationFormat::kQ8) return EncodeQ8(x, cols, out);
  auto* floats = reinterpret_cast<float*>(out);
  switch (format) {
    case ActivationFormat::kF32:
      std::memcpy(floats, x, static_cast<size_t>(cols) * sizeof(float));
      break;
    case ActivationFormat::kF16:
      for (int64_t i = 0; i < cols; ++i) floats[i] = HalfToFloat(FloatToHalf(x[i]));
      break;
    case ActivationFormat::kBF16:
      for (int64_t i = 0; i < cols; ++i) floats[i] = BFloat16ToFloat(FloatToBFloat16(x[i]));
      break;
    case ActivationFormat::kQ8K:
      for (int64_t i = 0; i < cols; i += kQ8KBlock) EncodeQ8KBlock(x + i, floats + i);
      break;
    case ActivationFormat::kQ8:
      break;
  }
  for (int64_t i = cols; i % 16 != 0; ++i) floats[i] = 0.0f;
}

}  // namespace bantam::BANTAM_TARGET
