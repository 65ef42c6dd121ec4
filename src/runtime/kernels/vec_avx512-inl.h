// vec_scalar-inl.h in AVX-512 F, BW, DQ and VL: 16 lanes are one register. Included once, inside the target's pragma.
#pragma once

namespace bantam::avx512 {

// 4 x 4 sums take 16 of the 32 registers; activations take 4, a weight 1.
inline constexpr int kTileRows = 4, kTileTokens = 4;

struct F32x16 {
  __m512 v;
};
struct I8x32 {
  __m256i codes;
};
struct I8x64 {
  __m512i codes;
};

inline F32x16 Set(float value) { return {_mm512_set1_ps(value)}; }
inline F32x16 Broadcast2(float low, float high) {
  return {_mm512_mask_broadcastss_ps(_mm512_set1_ps(low), 0xff00, _mm_set_ss(high))};
}
inline F32x16 Load(const float* values) { return {_mm512_loadu_ps(values)}; }
inline void Store(float* values, F32x16 v) { _mm512_storeu_ps(values, v.v); }

inline __m256i LoadBytes32(const std::byte* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

inline F32x16 LoadF32(const std::byte* values) { return {_mm512_loadu_ps(values)}; }
inline F32x16 LoadF16(const std::byte* values) { return {_mm512_cvtph_ps(LoadBytes32(values))}; }
inline F32x16 LoadBF16(const std::byte* values) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(LoadBytes32(values)), 16))};
}
inline float HalfAt(const std::byte* half) {
  uint16_t bits;
  std::memcpy(&bits, half, sizeof(bits));
  return _cvtsh_ss(bits);
}

inline F32x16 Add(F32x16 a, F32x16 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline F32x16 Sub(F32x16 a, F32x16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline F32x16 Mul(F32x16 a, F32x16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline F32x16 Div(F32x16 a, F32x16 b) { return {_mm512_div_ps(a.v, b.v)}; }
inline F32x16 Fma(F32x16 a, F32x16 b, F32x16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline F32x16 Min(F32x16 a, F32x16 b) { return {_mm512_min_ps(a.v, b.v)}; }
inline F32x16 Max(F32x16 a, F32x16 b) { return {_mm512_max_ps(a.v, b.v)}; }
inline F32x16 Abs(F32x16 v) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), v.v)}; }
inline F32x16 CopySign(F32x16 magnitude, F32x16 sign) {
  const __m512 bit = _mm512_set1_ps(-0.0f);
  return {_mm512_or_ps(_mm512_andnot_ps(bit, magnitude.v), _mm512_and_ps(bit, sign.v))};
}
inline F32x16 Pow2(F32x16 n) {
  const __m512 moved = _mm512_add_ps(n.v, _mm512_set1_ps(0x1.8p23f + 127.0f));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(moved), 23))};
}

inline float ReduceAdd(F32x16 v) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v.v), _mm512_extractf32x8_ps(v.v, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float ReduceMax(F32x16 v) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(v.v), _mm512_extractf32x8_ps(v.v, 1));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

inline I8x32 ZeroCodes() { return {_mm256_setzero_si256()}; }
inline I8x32 LoadCodes(const std::byte* codes) { return {LoadBytes32(codes)}; }
inline I8x32 LoadNibbles(const std::byte* nibbles) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles));
  const __m256i both = _mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes);
  return {_mm256_and_si256(both, _mm256_set1_epi8(15))};
}
inline I8x32 Lookup(I8x32 nibbles, const int8_t* table) {
  const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(levels), nibbles.codes)};
}
inline I8x32 AddHighBits(I8x32 codes, const std::byte* high) {
  uint32_t bits;
  std::memcpy(&bits, high, sizeof(bits));
  return {_mm256_mask_add_epi8(codes.codes, bits, codes.codes, _mm256_set1_epi8(16))};
}
inline I8x32 SubtractConstant(I8x32 codes, int8_t constant) {
  return {_mm256_sub_epi8(codes.codes, _mm256_set1_epi8(constant))};
}
inline I8x64 Combine(I8x32 first, I8x32 second) {
  return {_mm512_inserti64x4(_mm512_castsi256_si512(first.codes), second.codes, 1)};
}
inline I8x64 LoadCodePair(const int8_t* codes) { return {_mm512_loadu_si512(codes)}; }
inline F32x16 DotQuads(const I8x64& w, const I8x64& x) {
  // As in vec_avx2-inl.h; there is no vpsignb here, so x is negated under a mask.
  const __mmask64 negative = _mm512_movepi8_mask(w.codes);
  const __m512i signed_x = _mm512_mask_sub_epi8(x.codes, negative, _mm512_setzero_si512(), x.codes);
  const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(w.codes), signed_x);
  return {_mm512_cvtepi32_ps(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)))};
}

}  // namespace bantam::avx512
