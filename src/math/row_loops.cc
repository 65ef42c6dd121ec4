#include "math/row_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>

// Everything above the pragmas: what a standard header declares must not be compiled for a newer CPU.
#define BANTAM_TARGET baseline
#include "math/row_loops-inl.h"
#undef BANTAM_TARGET

#if defined(__x86_64__)
#define BANTAM_HAVE_X86_TARGETS

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define BANTAM_TARGET avx2
#include "math/row_loops-inl.h"
#undef BANTAM_TARGET
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif
#define BANTAM_TARGET avx512
#include "math/row_loops-inl.h"
#undef BANTAM_TARGET
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif  // defined(__x86_64__)

namespace bantam {
namespace {

enum class Level { kBaseline, kAvx2, kAvx512 };

Level BestLevel() {
#ifdef BANTAM_HAVE_X86_TARGETS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return Level::kAvx512;
  }
  if (__builtin_cpu_supports("avx2")) return Level::kAvx2;
#endif
  return Level::kBaseline;
}

const Level kLevel = BestLevel();

}  // namespace

#ifdef BANTAM_HAVE_X86_TARGETS
#define BANTAM_DISPATCH(...)      \
  switch (kLevel) {               \
    case Level::kAvx512:          \
      return avx512::__VA_ARGS__; \
    case Level::kAvx2:            \
      return avx2::__VA_ARGS__;   \
    case Level::kBaseline:        \
      break;                      \
  }                               \
  return baseline::__VA_ARGS__
#else
#define BANTAM_DISPATCH(...) return baseline::__VA_ARGS__
#endif

template <typename T, typename E>
void ConvertRow(const T* x, int64_t count, E* y) {
  BANTAM_DISPATCH(ConvertLoop(x, count, y));
}

template <typename T>
void AddRow(const T* x, int64_t count, T* y) {
  BANTAM_DISPATCH(AddLoop(x, count, y));
}

template <typename T, typename E>
void RmsNormRow(const T* x, const T* gain, double eps, int64_t width, E* y) {
  BANTAM_DISPATCH(RmsNormLoop(x, gain, eps, width, y));
}

template <typename T>
void RmsNormRowBackward(const T* x, const T* gain, double eps, const T* dy, int64_t width, T* dx, T* dgain) {
  BANTAM_DISPATCH(RmsNormBackwardLoop(x, gain, eps, dy, width, dx, dgain));
}

template <typename T, typename E>
void SwigluRow(const E* gate, const E* up, int64_t count, E* y) {
  BANTAM_DISPATCH(SwigluLoop<T>(gate, up, count, y));
}

template <typename T, typename E>
void SwigluRowBackward(const E* gate, const E* up, const T* dy, int64_t count, E* dgate, E* dup) {
  BANTAM_DISPATCH(SwigluBackwardLoop(gate, up, dy, count, dgate, dup));
}

template <typename T, typename E>
T SoftmaxRow(T* x, int64_t count, E* p) {
  BANTAM_DISPATCH(SoftmaxLoop(x, count, p));
}

template <typename T>
T LogSumExpRow(const T* x, int64_t count) {
  BANTAM_DISPATCH(LogSumExpLoop(x, count));
}

template <typename T>
void ProbabilityRow(const T* x, T log_sum, int64_t count, T* p) {
  BANTAM_DISPATCH(ProbabilityLoop(x, log_sum, count, p));
}

template <typename T, typename E>
void WeightedProbabilityRow(const T* x, T log_sum, T weight, int64_t count, E* y) {
  BANTAM_DISPATCH(WeightedProbabilityLoop(x, log_sum, weight, count, y));
}

template <typename T, typename E>
void SoftmaxRowBackward(const T* p, const T* dp, T dot, T scale, int64_t count, E* dx) {
  BANTAM_DISPATCH(SoftmaxBackwardLoop(p, dp, dot, scale, count, dx));
}

template <typename T>
T DotRow(const T* x, const T* y, int64_t count) {
  BANTAM_DISPATCH(DotLoop(x, y, count));
}

#define BANTAM_INSTANTIATE(T)                                                                 \
  template void AddRow<T>(const T*, int64_t, T*);                                             \
  template void RmsNormRowBackward<T>(const T*, const T*, double, const T*, int64_t, T*, T*); \
  template T LogSumExpRow<T>(const T*, int64_t);                                              \
  template void ProbabilityRow<T>(const T*, T, int64_t, T*);                                  \
  template T DotRow<T>(const T*, const T*, int64_t)
#define BANTAM_INSTANTIATE_PAIR(T, E)                                                   \
  template void ConvertRow<T, E>(const T*, int64_t, E*);                                \
  template void RmsNormRow<T, E>(const T*, const T*, double, int64_t, E*);              \
  template void SwigluRow<T, E>(const E*, const E*, int64_t, E*);                       \
  template void SwigluRowBackward<T, E>(const E*, const E*, const T*, int64_t, E*, E*); \
  template T SoftmaxRow<T, E>(T*, int64_t, E*);                                         \
  template void SoftmaxRowBackward<T, E>(const T*, const T*, T, T, int64_t, E*);        \
  template void WeightedProbabilityRow<T, E>(const T*, T, T, int64_t, E*)

BANTAM_INSTANTIATE(float);
BANTAM_INSTANTIATE(double);
BANTAM_INSTANTIATE_PAIR(float, float);
BANTAM_INSTANTIATE_PAIR(float, BFloat16);
BANTAM_INSTANTIATE_PAIR(double, double);
template void ConvertRow<BFloat16, float>(const BFloat16*, int64_t, float*);

}  // namespace bantam
