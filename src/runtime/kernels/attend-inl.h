// Attention of one head of one token, in two passes over the cache: scores, then the weighted sum of values. Both go through
// the positions in their order, so the result depends on the visible positions alone.
#pragma once

#include "runtime/kernels/elementwise-inl.h"
#include "runtime/kernels/multiply-inl.h"

namespace bantam::BANTAM_TARGET {

// Key positions that are scored together, to overlap their chains of additions: 4 sums hide the latency of an addition.
inline constexpr int kScoreTile = 4;
// Vectors of a value row that are summed together, for the same reason.
inline constexpr int kValueTile = 4;

template <class Format, int kPositions>
void Score(const AttendArgs& args, const std::byte* keys, int64_t row_bytes, float* scores) {
  F32x16 sum[kPositions];
  for (int j = 0; j < kPositions; ++j) sum[j] = Set(0.0f);
  const int64_t whole = args.head_dim / 16 * 16, rest = args.head_dim - whole;
  for (int64_t c = 0; c < whole; c += 16) {
    const F32x16 query = Load(args.query + c);
    for (int j = 0; j < kPositions; ++j) sum[j] = Fma(Format::LoadAt(keys + j * row_bytes, c), query, sum[j]);
  }
  if (rest > 0) {
    const F32x16 query = LoadTail(args.query + whole, rest, 0.0f);
    for (int j = 0; j < kPositions; ++j) {
      sum[j] = Fma(Format::LoadTailAt(keys + j * row_bytes, whole, rest), query, sum[j]);
    }
  }
  for (int j = 0; j < kPositions; ++j) scores[j] = ReduceAdd(sum[j]) * args.scale;
}

// The values c to c + 16 * kVectors of the output.
template <class Format, int kVectors>
void SumValues(const AttendArgs& args, const std::byte* values, int64_t row_bytes, int64_t c) {
  F32x16 sum[kVectors];
  for (int i = 0; i < kVectors; ++i) sum[i] = Set(0.0f);
  for (int64_t j = 0; j < args.end - args.begin; ++j) {
    const F32x16 probability = Set(args.scores[j]);
    for (int i = 0; i < kVectors; ++i) {
      sum[i] = Fma(probability, Format::LoadAt(values + j * row_bytes, c + 16 * i), sum[i]);
    }
  }
  for (int i = 0; i < kVectors; ++i) Store(args.out + c + 16 * i, sum[i]);
}

template <class Format>
void SumValuesTail(const AttendArgs& args, const std::byte* values, int64_t row_bytes, int64_t c) {
  const int64_t rest = args.head_dim - c;
  F32x16 sum = Set(0.0f);
  for (int64_t j = 0; j < args.end - args.begin; ++j) {
    sum = Fma(Set(args.scores[j]), Format::LoadTailAt(values + j * row_bytes, c, rest), sum);
  }
  StoreTail(args.out + c, rest, sum);
}

inline void RoundToF16(float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = HalfToFloat(FloatToHalf(x[i]));
}

template <class Format>
void AttendIn(const AttendArgs& args) {
  const int64_t row_bytes = RowBytes(args.kv, args.head_dim), positions = args.end - args.begin;
  const std::byte* keys = args.k + args.begin * row_bytes;
  const std::byte* values = args.v + args.begin * row_bytes;

  if (args.kv == DType::kF16) RoundToF16(args.query, args.head_dim);
  int64_t j = 0;
  for (; j + kScoreTile <= positions; j += kScoreTile) {
    Score<Format, kScoreTile>(args, keys + j * row_bytes, row_bytes, args.scores + j);
  }
  for (; j < positions; ++j) Score<Format, 1>(args, keys + j * row_bytes, row_bytes, args.scores + j);
  if (args.soft_cap > 0.0f) SoftCap(args.scores, args.soft_cap, positions);
  Softmax(args.scores, positions);
  if (args.kv == DType::kF16) RoundToF16(args.scores, positions);

  int64_t c = 0;
  for (; c + 16 * kValueTile <= args.head_dim; c += 16 * kValueTile) {
    SumValues<Format, kValueTile>(args, values, row_bytes, c);
  }
  for (; c + 16 <= args.head_dim; c += 16) SumValues<Format, 1>(args, values, row_bytes, c);
  if (c < args.head_dim) SumValuesTail<Format>(args, values, row_bytes, c);
}

void Attend(const AttendArgs& args) {
  if (args.kv == DType::kF16) {
    AttendIn<FloatFormat<LoadF16, 2>>(args);
  } else {
    AttendIn<FloatFormat<LoadF32, 4>>(args);
  }
}

}  // namespace bantam::BANTAM_TARGET
