// The loops of row_loops.h for one instruction set. Included once per set by row_loops.cc, inside that set's pragma, with
// BANTAM_TARGET naming its namespace; no include guard on purpose.

namespace bantam::BANTAM_TARGET {

constexpr int64_t kLanes = 16;

inline float Widen(BFloat16 x) { return ToFloat(x); }
inline float Widen(float x) { return x; }
inline double Widen(double x) { return x; }
inline void Store(float x, BFloat16& y) { y = RoundToBFloat16(x); }
inline void Store(float x, float& y) { y = x; }
inline void Store(double x, double& y) { y = x; }

// e^x = 2^n e^r with n the nearest integer to x / ln 2 and |r| <= ln(2) / 2; Cody and Waite's two-part ln 2 and the Taylor
// polynomial of degree 7, whose next term is below 2^-24 e^r there: 1.5 units in the last place all told. Results below the
// smallest normal float are 0, arguments above 88 give e^88: scores stand below their maximum here.
inline float Exp(float x) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693145752f, kLn2Low = 1.42860677e-6f, kRound = 12582912.0f;
  const float clamped = x > -87.0f ? (x < 88.0f ? x : 88.0f) : -87.0f;  // NaN becomes -87, so that n is an integer
  const float n = (clamped * kLog2E + kRound) - kRound;
  const float r = (clamped - n * kLn2High) - n * kLn2Low;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const float scale = std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
  return x < -87.0f ? 0.0f : (x == x ? p * scale : x);
}
inline double Exp(double x) { return std::exp(x); }

// Sum of term(i) over [0, count): lane i % 16, then the lanes pairwise.
template <typename T, typename Term>
inline T Sum(int64_t count, const Term& term) {
  T lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t j = 0; j < kLanes; ++j) lanes[j] += term(i + j);
  }
  for (int64_t j = 0; i + j < count; ++j) lanes[j] += term(i + j);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

template <typename T>
inline T Maximum(const T* x, int64_t count) {
  T lanes[kLanes];
  for (T& lane : lanes) lane = x[0];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t j = 0; j < kLanes; ++j) lanes[j] = lanes[j] > x[i + j] ? lanes[j] : x[i + j];
  }
  for (int64_t j = 0; i + j < count; ++j) lanes[j] = lanes[j] > x[i + j] ? lanes[j] : x[i + j];
  return *std::max_element(lanes, lanes + kLanes);
}

template <typename T, typename E>
inline void ConvertLoop(const T* x, int64_t count, E* y) {
  for (int64_t i = 0; i < count; ++i) Store(Widen(x[i]), y[i]);
}

template <typename T>
inline void AddLoop(const T* x, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] += x[i];
}

template <typename T>
inline T InverseRms(const T* x, double eps, int64_t width) {
  const T squares = Sum<T>(width, [&](int64_t i) { return x[i] * x[i]; });
  return static_cast<T>(1.0 / std::sqrt(static_cast<double>(squares) / static_cast<double>(width) + eps));
}

template <typename T, typename E>
inline void RmsNormLoop(const T* x, const T* gain, double eps, int64_t width, E* y) {
  const T scale = InverseRms(x, eps, width);
  for (int64_t i = 0; i < width; ++i) Store(x[i] * scale * gain[i], y[i]);
}

// With s = 1 / sqrt(mean(x^2) + eps) and g = dy * gain: dx = s g - x s^3 mean(g x), dgain = dy x s.
template <typename T>
inline void RmsNormBackwardLoop(const T* x, const T* gain, double eps, const T* dy, int64_t width, T* dx, T* dgain) {
  const T scale = InverseRms(x, eps, width);
  const T dot = Sum<T>(width, [&](int64_t i) { return dy[i] * gain[i] * x[i]; });
  const T pull = dot * scale * scale * scale / static_cast<T>(width);
  for (int64_t i = 0; i < width; ++i) {
    dx[i] += dy[i] * gain[i] * scale - x[i] * pull;
    dgain[i] += dy[i] * x[i] * scale;
  }
}

template <typename T, typename E>
inline void SwigluLoop(const E* gate, const E* up, int64_t count, E* y) {
  for (int64_t i = 0; i < count; ++i) {
    const T g = Widen(gate[i]);
    Store(g / (T{1} + Exp(-g)) * Widen(up[i]), y[i]);
  }
}

// silu'(g) = s (1 + g (1 - s)) with s = 1 / (1 + e^-g)
template <typename T, typename E>
inline void SwigluBackwardLoop(const E* gate, const E* up, const T* dy, int64_t count, E* dgate, E* dup) {
  for (int64_t i = 0; i < count; ++i) {
    const T g = Widen(gate[i]);
    const T s = T{1} / (T{1} + Exp(-g));
    Store(dy[i] * Widen(up[i]) * (s * (T{1} + g * (T{1} - s))), dgate[i]);
    Store(dy[i] * (g * s), dup[i]);
  }
}

template <typename T, typename E>
inline T SoftmaxLoop(T* x, int64_t count, E* p) {
  const T maximum = Maximum(x, count);
  for (int64_t i = 0; i < count; ++i) x[i] = Exp(x[i] - maximum);
  const T sum = Sum<T>(count, [&](int64_t i) { return x[i]; });
  const T scale = T{1} / sum;
  for (int64_t i = 0; i < count; ++i) Store(x[i] * scale, p[i]);
  return maximum + std::log(sum);
}

template <typename T>
inline T LogSumExpLoop(const T* x, int64_t count) {
  const T maximum = Maximum(x, count);
  const T sum = Sum<T>(count, [&](int64_t i) { return Exp(x[i] - maximum); });
  return maximum + std::log(sum);
}

template <typename T>
inline void ProbabilityLoop(const T* x, T log_sum, int64_t count, T* p) {
  for (int64_t i = 0; i < count; ++i) p[i] = Exp(x[i] - log_sum);
}

template <typename T, typename E>
inline void WeightedProbabilityLoop(const T* x, T log_sum, T weight, int64_t count, E* y) {
  for (int64_t i = 0; i < count; ++i) Store(Exp(x[i] - log_sum) * weight, y[i]);
}

template <typename T, typename E>
inline void SoftmaxBackwardLoop(const T* p, const T* dp, T dot, T scale, int64_t count, E* dx) {
  for (int64_t i = 0; i < count; ++i) Store(p[i] * (dp[i] - dot) * scale, dx[i]);
}

template <typename T>
inline T DotLoop(const T* x, const T* y, int64_t count) {
  return Sum<T>(count, [&](int64_t i) { return x[i] * y[i]; });
}

}  // namespace bantam::BANTAM_TARGET
