// The vector type that the kernels are written over, in plain C++: this file is the definition, vec_avx2-inl.h and
// vec_avx512-inl.h give the same bits with instructions. Included once, by the .cc file of its instruction set.
//
//   F32x16   16 floats, the lanes of every float sum
//   I8x32    the codes of one block of 32 weights
//   I8x64    the codes of two blocks
#pragma once

namespace bantam::scalar {

// A multiply tile of this many rows and tokens keeps its sums in registers. Here they live in memory, so one of each.
inline constexpr int kTileRows = 1, kTileTokens = 1;

struct F32x16 {
  float lane[16];
};
struct I8x32 {
  int8_t lane[32];
};
struct I8x64 {
  I8x32 first, second;
};

#define BANTAM_LANES(expression)                              \
  F32x16 result;                                              \
  for (int i = 0; i < 16; ++i) result.lane[i] = (expression); \
  return result

inline F32x16 Set(float value) { BANTAM_LANES(value); }
inline F32x16 Broadcast2(float low, float high) { BANTAM_LANES(i < 8 ? low : high); }  // lanes 0 to 7, 8 to 15
inline F32x16 Load(const float* values) { BANTAM_LANES(values[i]); }
inline void Store(float* values, F32x16 v) { std::memcpy(values, v.lane, sizeof(v.lane)); }

// Unaligned loads of stored weights; the second form reads `count` values and has zeros behind them.
inline F32x16 LoadF32(const std::byte* values) {
  F32x16 result;
  std::memcpy(result.lane, values, sizeof(result.lane));
  return result;
}
inline F32x16 LoadF16(const std::byte* values) {
  uint16_t bits[16];
  std::memcpy(bits, values, sizeof(bits));
  BANTAM_LANES(HalfToFloat(bits[i]));
}
inline F32x16 LoadBF16(const std::byte* values) {
  uint16_t bits[16];
  std::memcpy(bits, values, sizeof(bits));
  BANTAM_LANES(BFloat16ToFloat(bits[i]));
}
inline float HalfAt(const std::byte* half) {
  uint16_t bits;
  std::memcpy(&bits, half, sizeof(bits));
  return HalfToFloat(bits);
}

inline F32x16 Add(F32x16 a, F32x16 b) { BANTAM_LANES(a.lane[i] + b.lane[i]); }
inline F32x16 Sub(F32x16 a, F32x16 b) { BANTAM_LANES(a.lane[i] - b.lane[i]); }
inline F32x16 Mul(F32x16 a, F32x16 b) { BANTAM_LANES(a.lane[i] * b.lane[i]); }
inline F32x16 Div(F32x16 a, F32x16 b) { BANTAM_LANES(a.lane[i] / b.lane[i]); }
inline F32x16 Fma(F32x16 a, F32x16 b, F32x16 c) { BANTAM_LANES(std::fma(a.lane[i], b.lane[i], c.lane[i])); }
// b when one of the two is NaN or both are zero, as the x86 instructions have it.
inline F32x16 Min(F32x16 a, F32x16 b) { BANTAM_LANES(a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]); }
inline F32x16 Max(F32x16 a, F32x16 b) { BANTAM_LANES(a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]); }
inline F32x16 Abs(F32x16 v) { BANTAM_LANES(std::bit_cast<float>(std::bit_cast<uint32_t>(v.lane[i]) & 0x7fffffffu)); }
inline F32x16 CopySign(F32x16 magnitude, F32x16 sign) {
  BANTAM_LANES(std::bit_cast<float>((std::bit_cast<uint32_t>(magnitude.lane[i]) & 0x7fffffffu) |
                                    (std::bit_cast<uint32_t>(sign.lane[i]) & 0x80000000u)));
}
// 2^n for whole numbers n in [-126, 127]; anything for NaN.
inline F32x16 Pow2(F32x16 n) {
  // 2^23 * 1.5 + 127 moves n + 127 to the lowest bits of the mantissa, the shift takes it to the exponent.
  BANTAM_LANES(std::bit_cast<float>(std::bit_cast<uint32_t>(n.lane[i] + (0x1.8p23f + 127.0f)) << 23));
}

inline float ReduceAdd(F32x16 v) {
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) v.lane[i] = v.lane[i] + v.lane[i + half];
  }
  return v.lane[0];
}
inline float ReduceMax(F32x16 v) {
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) v.lane[i] = v.lane[i] > v.lane[i + half] ? v.lane[i] : v.lane[i + half];
  }
  return v.lane[0];
}

inline I8x32 ZeroCodes() { return {}; }
inline I8x32 LoadCodes(const std::byte* codes) {
  I8x32 result;
  std::memcpy(result.lane, codes, sizeof(result.lane));
  return result;
}
// 16 bytes of nibbles: value i and value i + 16 are the low and the high nibble of byte i.
inline I8x32 LoadNibbles(const std::byte* nibbles) {
  I8x32 result;
  for (int i = 0; i < 16; ++i) {
    result.lane[i] = static_cast<int8_t>(static_cast<uint8_t>(nibbles[i]) & 15);
    result.lane[i + 16] = static_cast<int8_t>(static_cast<uint8_t>(nibbles[i]) >> 4);
  }
  return result;
}
inline I8x32 Lookup(I8x32 nibbles, const int8_t* table) {
  for (int i = 0; i < 32; ++i) nibbles.lane[i] = table[nibbles.lane[i]];
  return nibbles;
}
// Adds 16 to code i where bit i of the four bytes is set.
inline I8x32 AddHighBits(I8x32 codes, const std::byte* high) {
  uint32_t bits;
  std::memcpy(&bits, high, sizeof(bits));
  for (int i = 0; i < 32; ++i) codes.lane[i] = static_cast<int8_t>(codes.lane[i] + 16 * ((bits >> i) & 1));
  return codes;
}
inline I8x32 SubtractConstant(I8x32 codes, int8_t constant) {
  for (int i = 0; i < 32; ++i) codes.lane[i] = static_cast<int8_t>(codes.lane[i] - constant);
  return codes;
}
inline I8x64 Combine(I8x32 first, I8x32 second) { return {first, second}; }
inline I8x64 LoadCodePair(const int8_t* codes) {
  I8x64 result;
  std::memcpy(&result, codes, sizeof(result));
  return result;
}
// Lane i: the sum of the four products 4i to 4i + 3, exact. x holds codes in [-127, 127].
inline F32x16 DotQuads(const I8x64& w, const I8x64& x) {
  int8_t a[64], b[64];
  std::memcpy(a, &w, sizeof(a));
  std::memcpy(b, &x, sizeof(b));
  BANTAM_LANES(static_cast<float>(a[4 * i] * b[4 * i] + a[4 * i + 1] * b[4 * i + 1] + a[4 * i + 2] * b[4 * i + 2] +
                                  a[4 * i + 3] * b[4 * i + 3]));
}

#undef BANTAM_LANES

}  // namespace bantam::scalar
