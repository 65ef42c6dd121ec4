// Holds gradients against finite differences in double, for tests. The five-point central difference
//
//   f'(x) = (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12 h
//
// is off by h^4 |f'''''| / 30 and, where f itself is off by e, by up to 18 e / 12 h. With h = 2^-10 the second is
// 1536 e: 5e-11 for an f of size 1 with 300 roundings of 2^-53 behind it. So 1e-8 is reached while the fifth derivative
// stays below 3e5; a pole at distance r of a function with a derivative of size 1 makes it about 4! r^-4, so r should be
// 0.1 or more. There must be no kink within 2 h. x + h is off by 2^-53 |x|, which changes h by 2^-43 |x| of itself.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace bantam::testing {

constexpr double kDifferenceStep = 0x1p-10;
constexpr double kGradientTolerance = 1e-8;

// The derivative at 0 of f(t), a function of one double.
template <typename Function>
double CentralDifference(const Function& f, double h = kDifferenceStep) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

// sum of a[i] * b[i]: a loss of y whose gradient is the weights.
inline double Dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Expects gradient[i] = df / dx[i] at x within kGradientTolerance of the larger of the two and `scale`, for every i.
// f: span<const double> -> double. `scale` is the size of gradient below which digits are lost to the rest of f.
template <typename Function>
void CheckGradient(const Function& f, std::span<const double> x, std::span<const double> gradient, double scale = 1.0) {
  ASSERT_EQ(gradient.size(), x.size());
  std::vector<double> moved(x.begin(), x.end());
  for (size_t i = 0; i < x.size(); ++i) {
    const double numeric = CentralDifference([&](double step) {
      moved[i] = x[i] + step;
      return f(std::span<const double>(moved));
    });
    moved[i] = x[i];
    EXPECT_NEAR(gradient[i], numeric, kGradientTolerance * std::max({std::abs(gradient[i]), std::abs(numeric), scale}))
        << "coordinate " << i << " of " << x.size();
  }
}

}  // namespace bantam::testing
