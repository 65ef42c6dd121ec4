// vec_scalar-inl.h in AVX2, FMA and F16C: 16 lanes are two registers. Included once, inside the target's pragma.
#pragma once

namespace bantam::avx2 {

// 2 x 2 sums take 8 of the 16 registers; activations take 4, weights 2.
inline constexpr int kTileRows = 2, kTileTokens = 2;

struct F32x16 {
  __m256 low, high;  // lanes 0 to 7, 8 to 15
};
struct I8x32 {
  __m256i codes;
};
struct I8x64 {
  __m256i first, second;
};

inline F32x16 Set(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
inline F32x16 Broadcast2(float low, float high) { return {_mm256_set1_ps(low), _mm256_set1_ps(high)}; }
inline F32x16 Load(const float* values) { return {_mm256_loadu_ps(values), _mm256_loadu_ps(values + 8)}; }
inline void Store(float* values, F32x16 v) {
  _mm256_storeu_ps(values, v.low);
  _mm256_storeu_ps(values + 8, v.high);
}

inline __m128i LoadBytes16(const std::byte* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }
inline __m256i LoadBytes32(const std::byte* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

inline F32x16 LoadF32(const std::byte* values) {
  return {_mm256_castsi256_ps(LoadBytes32(values)), _mm256_castsi256_ps(LoadBytes32(values + 32))};
}
inline F32x16 LoadF16(const std::byte* values) {
  return {_mm256_cvtph_ps(LoadBytes16(values)), _mm256_cvtph_ps(LoadBytes16(values + 16))};
}
inline __m256 WidenBF16(__m128i bits) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
inline F32x16 LoadBF16(const std::byte* values) {
  return {WidenBF16(LoadBytes16(values)), WidenBF16(LoadBytes16(values + 16))};
}
inline float HalfAt(const std::byte* half) {
  uint16_t bits;
  std::memcpy(&bits, half, sizeof(bits));
  return _cvtsh_ss(bits);
}

inline F32x16 Add(F32x16 a, F32x16 b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
inline F32x16 Sub(F32x16 a, F32x16 b) { return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
inline F32x16 Mul(F32x16 a, F32x16 b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
inline F32x16 Div(F32x16 a, F32x16 b) { return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)}; }
inline F32x16 Fma(F32x16 a, F32x16 b, F32x16 c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline F32x16 Min(F32x16 a, F32x16 b) { return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)}; }
inline F32x16 Max(F32x16 a, F32x16 b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
inline F32x16 Abs(F32x16 v) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, v.low), _mm256_andnot_ps(sign, v.high)};
}
inline F32x16 CopySign(F32x16 magnitude, F32x16 sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(bit, magnitude.low), _mm256_and_ps(bit, sign.low)),
          _mm256_or_ps(_mm256_andnot_ps(bit, magnitude.high), _mm256_and_ps(bit, sign.high))};
}
inline __m256 Pow2Half(__m256 n) {
  const __m256 moved = _mm256_add_ps(n, _mm256_set1_ps(0x1.8p23f + 127.0f));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(moved), 23));
}
inline F32x16 Pow2(F32x16 n) { return {Pow2Half(n.low), Pow2Half(n.high)}; }

inline float ReduceAdd(F32x16 v) {
  const __m256 eight = _mm256_add_ps(v.low, v.high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float ReduceMax(F32x16 v) {
  const __m256 eight = _mm256_max_ps(v.low, v.high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

inline I8x32 ZeroCodes() { return {_mm256_setzero_si256()}; }
inline I8x32 LoadCodes(const std::byte* codes) { return {LoadBytes32(codes)}; }
inline I8x32 LoadNibbles(const std::byte* nibbles) {
  const __m128i bytes = LoadBytes16(nibbles);
  const __m256i both = _mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes);
  return {_mm256_and_si256(both, _mm256_set1_epi8(15))};
}
inline I8x32 Lookup(I8x32 nibbles, const int8_t* table) {
  const __m256i levels = _mm256_broadcastsi128_si256(LoadBytes16(reinterpret_cast<const std::byte*>(table)));
  return {_mm256_shuffle_epi8(levels, nibbles.codes)};
}
inline I8x32 AddHighBits(I8x32 codes, const std::byte* high) {
  int32_t bits;
  std::memcpy(&bits, high, sizeof(bits));
  // Byte i of `spread` is byte i / 8 of the word; bit i % 8 is the one that counts.
  const __m256i which = _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
  const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), which);
  const __m256i bit = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
  const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
  return {_mm256_add_epi8(codes.codes, _mm256_and_si256(set, _mm256_set1_epi8(16)))};
}
inline I8x32 SubtractConstant(I8x32 codes, int8_t constant) {
  return {_mm256_sub_epi8(codes.codes, _mm256_set1_epi8(constant))};
}
inline I8x64 Combine(I8x32 first, I8x32 second) { return {first.codes, second.codes}; }
inline I8x64 LoadCodePair(const int8_t* codes) {
  const auto* bytes = reinterpret_cast<const std::byte*>(codes);
  return {LoadBytes32(bytes), LoadBytes32(bytes + 32)};
}
inline __m256 DotQuadsHalf(__m256i w, __m256i x) {
  // maddubs multiplies unsigned by signed bytes and adds pairs: |w| is at most 128 and |x| at most 127, so a pair is at
  // most 32512 and does not saturate.
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline F32x16 DotQuads(const I8x64& w, const I8x64& x) {
  return {DotQuadsHalf(w.first, x.first), DotQuadsHalf(w.second, x.second)};
}

}  // namespace bantam::avx2
