// Operators on one row of floats: norms, rotary embedding, activations, softmax and small sums.
#pragma once

#include "runtime/kernels/math-inl.h"

namespace bantam::BANTAM_TARGET {

// The last n - i < 16 values from i on, and `fill` behind them.
inline F32x16 LoadTail(const float* x, int64_t count, float fill) {
  float lanes[16];
  for (int64_t i = 0; i < 16; ++i) lanes[i] = i < count ? x[i] : fill;
  return Load(lanes);
}
inline void StoreTail(float* x, int64_t count, F32x16 v) {
  float lanes[16];
  Store(lanes, v);
  for (int64_t i = 0; i < count; ++i) x[i] = lanes[i];
}

inline F32x16 LoadUpTo16(const float* x, int64_t count, float fill = 0.0f) {
  return count >= 16 ? Load(x) : LoadTail(x, count, fill);
}
inline void StoreUpTo16(float* x, int64_t count, F32x16 v) {
  if (count >= 16) {
    Store(x, v);
  } else {
    StoreTail(x, count, v);
  }
}

template <F32x16 (*Function)(F32x16)>
void Map(const float* x, float* out, int64_t n) {
  for (int64_t i = 0; i < n; i += 16) StoreUpTo16(out + i, n - i, Function(LoadUpTo16(x + i, n - i)));
}

inline void GeluF16(float* x, int64_t n) {
  const uint16_t* table = GeluOfHalves();
  for (int64_t i = 0; i < n; ++i) {
    const float rounded = HalfToFloat(table[FloatToHalf(x[i])]);
    const float below = x[i] <= -10.0f ? 0.0f : rounded;
    x[i] = x[i] >= 10.0f ? x[i] : below;
  }
}

void Activate(Nonlinearity act, float* x, int64_t n) {
  switch (act) {
    case Nonlinearity::kSilu:
      return Map<Silu>(x, x, n);
    case Nonlinearity::kGeluTanh:
      return Map<GeluTanh>(x, x, n);
    case Nonlinearity::kGeluTanhF16:
      return GeluF16(x, n);
    case Nonlinearity::kGeluErf:
      return Map<GeluErf>(x, x, n);
  }
}

void ActivateGated(Nonlinearity act, float* gate, const float* up, int64_t n) {
  Activate(act, gate, n);
  for (int64_t i = 0; i < n; ++i) gate[i] *= up[i];
}

void SigmoidRow(float* x, int64_t n) { Map<Sigmoid>(x, x, n); }

void SoftCap(float* x, float cap, int64_t n) {
  const F32x16 c = Set(cap);
  for (int64_t i = 0; i < n; i += 16) {
    StoreUpTo16(x + i, n - i, Mul(c, Tanh(Div(LoadUpTo16(x + i, n - i), c))));
  }
}

// Sum of f(x[i]) in double for the norms: 8 lanes, added as a tree.
template <typename F>
inline double SumInDouble(const float* x, int64_t n, const F& f) {
  double lane[8] = {};
  const int64_t whole = n / 8 * 8;
  for (int64_t i = 0; i < whole; i += 8) {
    for (int j = 0; j < 8; ++j) lane[j] += f(x[i + j]);
  }
  for (int64_t i = whole; i < n; ++i) lane[i - whole] += f(x[i]);
  for (int half = 4; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j) lane[j] += lane[j + half];
  }
  return lane[0];
}

struct Identity {
  double operator()(double value) const { return value; }
};
struct SquaredDistance {
  double from;
  double operator()(double value) const { return (value - from) * (value - from); }
};

void Softmax(float* x, int64_t n) {
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  F32x16 largest = Set(kNothing);
  for (int64_t i = 0; i < n; i += 16) largest = Max(largest, LoadUpTo16(x + i, n - i, kNothing));
  const F32x16 shift = Set(ReduceMax(largest));
  F32x16 sum = Set(0.0f);
  for (int64_t i = 0; i < n; i += 16) {
    const F32x16 e = Exp(Sub(LoadUpTo16(x + i, n - i, kNothing), shift));
    sum = Add(sum, e);
    StoreUpTo16(x + i, n - i, e);
  }
  const F32x16 inverse = Set(1.0f / ReduceAdd(sum));
  for (int64_t i = 0; i < n; i += 16) StoreUpTo16(x + i, n - i, Mul(LoadUpTo16(x + i, n - i), inverse));
}

void RmsNorm(const float* x, const float* gain, float eps, int64_t n, float* out) {
  const double mean = SumInDouble(x, n, SquaredDistance{0.0}) / static_cast<double>(n);
  const float scale = 1.0f / std::sqrt(static_cast<float>(mean) + eps);
  for (int64_t i = 0; i < n; ++i) out[i] = x[i] * scale * gain[i];
}

void LayerNorm(const float* x, const float* gain, const float* bias, float eps, int64_t n, float* out) {
  const double mean = SumInDouble(x, n, Identity{}) / static_cast<double>(n);
  const double variance = SumInDouble(x, n, SquaredDistance{mean}) / static_cast<double>(n);
  const auto shift = static_cast<float>(mean);
  const float scale = 1.0f / std::sqrt(static_cast<float>(variance) + eps);
  for (int64_t i = 0; i < n; ++i) out[i] = (x[i] - shift) * scale * gain[i] + bias[i];
}

void Rope(float* x, int64_t heads, int64_t head_dim, int64_t rope_dim, RopeStyle style, const float* cosines,
          const float* sines) {
  const int64_t pairs = rope_dim / 2;
  // Pair i is (i * step, i * step + other).
  const int64_t step = style == RopeStyle::kInterleaved ? 2 : 1;
  const int64_t other = style == RopeStyle::kInterleaved ? 1 : pairs;
  for (int64_t head = 0; head < heads; ++head) {
    float* first = x + head * head_dim;
    float* second = first + other;
    for (int64_t i = 0; i < pairs; ++i) {
      const float a = first[i * step], b = second[i * step];
      first[i * step] = a * cosines[i] - b * sines[i];
      second[i * step] = a * sines[i] + b * cosines[i];
    }
  }
}

void AddRow(float* x, const float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] += y[i];
}

void ScaleRow(float* x, float factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] *= factor;
}

void AddScaledRow(float* x, float factor, const float* y, int64_t n) {
  const F32x16 f = Set(factor);
  for (int64_t i = 0; i < n; i += 16) {
    StoreUpTo16(x + i, n - i, Fma(f, LoadUpTo16(y + i, n - i), LoadUpTo16(x + i, n - i)));
  }
}

void ToF16(const float* x, uint16_t* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = FloatToHalf(x[i]);
}

}  // namespace bantam::BANTAM_TARGET
