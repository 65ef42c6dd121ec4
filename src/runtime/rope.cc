#include "runtime/rope.h"

#include <cmath>

namespace bantam {

RopeAngles::RopeAngles(const Architecture& a) {
  for (int64_t i = 0; i < a.rope_dim / 2; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(a.rope_dim);
    const double factor = a.rope_freq_factors.empty() ? 1.0 : a.rope_freq_factors[static_cast<size_t>(i)];
    frequencies_.push_back(std::pow(a.rope_theta, exponent) / factor / a.rope_linear_factor);
  }
}

void RopeAngles::At(int64_t position, float* cosines, float* sines) const {
  for (size_t i = 0; i < frequencies_.size(); ++i) {
    SinCos(static_cast<double>(position) * frequencies_[i], sines + i, cosines + i);
  }
}

void SinCos(double angle, float* sine, float* cosine) {
  // angle = n pi / 2 + r with r in [-pi / 4, pi / 4]. pi / 2 in two parts; the first has 22 bits, so its product with an n
  // of up to 31 bits is exact, and the second leaves an error of n * 2^-75.
  constexpr double kToWhole = 0x1.8p52;  // 1.5 * 2^52: a sum with it has no bits behind the binary point
  const double n = (angle * 0x1.45f306dc9c883p-1 + kToWhole) - kToWhole;  // 2 / pi
  const double r = (angle - n * 0x1.921fbp+0) - n * 0x1.5110b4611a626p-22;
  // Taylor polynomials; the first terms left out are at most (pi / 4)^15 / 15! = 2e-14 and (pi / 4)^14 / 14! = 4e-13.
  const double square = r * r;
  double s = 1.0 / 6227020800.0;
  for (const double c : {-1.0 / 39916800.0, 1.0 / 362880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0}) s = s * square + c;
  s = r + r * square * s;
  double c = 1.0 / 479001600.0;
  for (const double d : {-1.0 / 3628800.0, 1.0 / 40320.0, -1.0 / 720.0, 1.0 / 24.0, -1.0 / 2.0}) c = c * square + d;
  c = 1.0 + square * c;
  // sin(r + n pi / 2) goes round s, c, -s, -c.
  const auto quadrant = static_cast<int64_t>(n) & 3;
  const double sine_value = quadrant % 2 == 0 ? s : c, cosine_value = quadrant % 2 == 0 ? c : s;
  *sine = static_cast<float>(quadrant >= 2 ? -sine_value : sine_value);
  *cosine = static_cast<float>(quadrant == 1 || quadrant == 2 ? -cosine_value : cosine_value);
}

}  // namespace bantam
