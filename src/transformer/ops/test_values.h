// Random numbers and the precision of a type, for the tests of operators.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace bantam::testing {

template <typename T>
std::vector<T> Gaussians(int64_t count, uint64_t stream) {
  Rng rng(1, stream);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(rng.NextGaussian());
  return values;
}

// The same numbers in double, for what a result in float is held against.
inline std::vector<double> Widen(std::span<const float> values) { return {values.begin(), values.end()}; }

// Largest relative error of one rounding: 2^-24 for float, 2^-53 for double.
template <typename T>
constexpr double kRounding = std::numeric_limits<T>::epsilon() / 2;

// Every operator is tested in both types it is compiled for.
using Reals = ::testing::Types<float, double>;

}  // namespace bantam::testing
