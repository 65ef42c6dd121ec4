// Data and comparisons for the kernel tests.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/rng.h"
#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "tensor/codec.h"

namespace bantam::testing {

inline std::vector<Isa> RunnableIsas() {
  std::vector<Isa> isas;
  for (const Isa isa : CompiledIsas()) {
    if (CanRun(isa)) isas.push_back(isa);
  }
  return isas;
}

inline std::vector<float> Gaussians(int64_t n, uint64_t seed, double scale = 1.0) {
  Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) value = static_cast<float>(scale * rng.NextGaussian());
  return values;
}

// Zeros of both signs, subnormals, numbers across 60 binary orders of magnitude and ties of rounding, mixed. No sum or
// product of a few thousand of them overflows.
inline std::vector<float> Adversarial(int64_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) {
    const auto mantissa = static_cast<float>(1.0 + rng.NextDouble());
    switch (rng.NextBelow(6)) {
      case 0:
        value = 0.0f;
        break;
      case 1:
        value = std::bit_cast<float>(static_cast<uint32_t>(1 + rng.NextBelow(1 << 22)));
        break;  // subnormal
      case 2:
        value = std::ldexp(mantissa, static_cast<int>(rng.NextBelow(60)) - 40);
        break;
      case 3:
        value = std::ldexp(mantissa, 19);
        break;
      case 4:
        value = static_cast<float>(rng.NextBelow(256)) + 0.5f;
        break;
      default:
        value = mantissa;
    }
    if (rng.NextBelow(2) == 0) value = -value;
  }
  return values;
}

// Rows of stored weights whose values are finite and at most 1e3 in magnitude; otherwise random bytes, so that every code
// and every scale occurs.
inline std::vector<std::byte> RandomWeights(DType dtype, int64_t rows, int64_t cols, uint64_t seed) {
  Rng rng(seed);
  const DTypeInfo& info = Info(dtype);
  std::vector<std::byte> bytes(static_cast<size_t>(rows * RowBytes(dtype, cols)));
  std::vector<float> decoded(static_cast<size_t>(info.block_values));
  for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(info.block_bytes)) {
    bool fine = false;
    while (!fine) {
      for (int64_t i = 0; i < info.block_bytes; ++i) {
        bytes[at + static_cast<size_t>(i)] = static_cast<std::byte>(rng.NextBelow(256));
      }
      DecodeRow(dtype, bytes.data() + at, decoded.data(), info.block_values);
      fine = true;
      for (const float value : decoded) fine = fine && std::fabs(value) <= 1e3f;  // false for NaN
    }
  }
  return bytes;
}

// One bit pattern, a NaN being equal to any other.
inline bool SameBits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

// "" when all are the same bits, else the first difference.
inline std::string BitDifference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return "sizes " + std::to_string(a.size()) + " and " + std::to_string(b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (SameBits(a[i], b[i])) continue;
    char text[100];
    std::snprintf(text, sizeof(text), "at %zu: %a and %a", i, static_cast<double>(a[i]), static_cast<double>(b[i]));
    return text;
  }
  return "";
}

// |value - exact| in units in the last place of the float next to `exact`; 0 when both are the same infinity.
inline double UlpError(float value, long double exact) {
  const auto nearest = static_cast<float>(exact);
  if (std::isinf(nearest)) return value == nearest ? 0.0 : INFINITY;
  int exponent = 0;
  std::frexp(nearest, &exponent);
  const long double ulp = std::ldexp(1.0L, std::max(exponent - 24, -149));
  return static_cast<double>(std::fabs(static_cast<long double>(value) - exact) / ulp);
}

}  // namespace bantam::testing
