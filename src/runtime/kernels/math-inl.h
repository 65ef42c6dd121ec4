// exp, tanh and the activation functions on 16 lanes.
//
// exp(x) = 2^n * e^r with n = round(x / ln 2) and r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2] (Cody and Waite, "Software Manual
// for the Elementary Functions", 1980). e^r - 1 is its Taylor polynomial of degree 7: the next term is at most
// 0.3466^8 / 8! = 5.2e-9, a tenth of a unit in the last place of 1. Errors, in units in the last place:
// at most 1.1 for exp, 2.5 for tanh (math_test.cc).
#pragma once

namespace bantam::BANTAM_TARGET {

struct ExpParts {
  F32x16 n;  // a whole number
  F32x16 p;  // e^r - 1
};

inline ExpParts SplitExp(F32x16 x) {
  const F32x16 to_whole = Set(0x1.8p23f);  // a sum with it has no bits behind the binary point: rounded to nearest even
  const F32x16 n = Sub(Fma(x, Set(0x1.715476p0f), to_whole), to_whole);  // x / ln 2
  // ln 2 = 0x1.62e4p-1 + 0x1.7f7d1cp-20; the first part has 15 bits, so its products with n are exact.
  const F32x16 r = Fma(n, Set(-0x1.7f7d1cp-20f), Fma(n, Set(-0x1.62e4p-1f), x));
  F32x16 p = Fma(r, Set(1.0f / 5040.0f), Set(1.0f / 720.0f));
  p = Fma(p, r, Set(1.0f / 120.0f));
  p = Fma(p, r, Set(1.0f / 24.0f));
  p = Fma(p, r, Set(1.0f / 6.0f));
  p = Fma(p, r, Set(0.5f));
  return {n, Fma(Mul(r, r), p, r)};
}

inline F32x16 Exp(F32x16 x) {
  // e^89 is infinite and e^-104 zero in F32. A NaN passes: Min and Max return their second argument then.
  const ExpParts parts = SplitExp(Min(Set(89.0f), Max(Set(-104.0f), x)));
  // 2^n itself may be out of range where the result is not, so it is multiplied in two steps.
  const F32x16 to_whole = Set(0x1.8p23f);
  const F32x16 half = Sub(Fma(parts.n, Set(0.5f), to_whole), to_whole);
  return Mul(Mul(Add(Set(1.0f), parts.p), Pow2(half)), Pow2(Sub(parts.n, half)));
}

// With E = e^(2|x|) - 1 = (2^n - 1) + 2^n (e^r - 1), which cancels nothing: tanh |x| = E / (E + 2).
inline F32x16 Tanh(F32x16 x) {
  const F32x16 a = Abs(x);
  const ExpParts parts = SplitExp(Min(Set(20.0f), Add(a, a)));  // tanh 10 is 1 in F32
  const F32x16 power = Pow2(parts.n);
  const F32x16 e = Fma(power, parts.p, Sub(power, Set(1.0f)));
  return CopySign(Div(e, Add(e, Set(2.0f))), x);
}

inline F32x16 Sigmoid(F32x16 x) { return Div(Set(1.0f), Add(Set(1.0f), Exp(Sub(Set(0.0f), x)))); }

inline F32x16 Silu(F32x16 x) { return Div(x, Add(Set(1.0f), Exp(Sub(Set(0.0f), x)))); }

// x (1 + tanh u) / 2 = x / (1 + e^(-2u)) with u = sqrt(2 / pi) (x + 0.044715 x^3): the right side cancels nothing.
inline F32x16 GeluTanh(F32x16 x) {
  const F32x16 inner = Fma(Mul(Mul(x, x), x), Set(0.044715f), x);
  return Div(x, Add(Set(1.0f), Exp(Mul(Set(-1.5957691216f), inner))));  // -2 sqrt(2 / pi)
}

// x (1 + erf(x / sqrt 2)) / 2 in double: no supported family spends its time here, and erf has no short polynomial.
inline F32x16 GeluErf(F32x16 x) {
  float lanes[16];
  Store(lanes, x);
  for (float& lane : lanes) {
    const double value = lane;
    lane = static_cast<float>(0.5 * value * std::erfc(-value * 0.70710678118654752));
  }
  return Load(lanes);
}

}  // namespace bantam::BANTAM_TARGET
