#include <cmath>

#include "runtime/kernels/kernel_testing.h"
#include "runtime/rope.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using testing::RunnableIsas;
using testing::UlpError;

// Every 3989th float (a prime, so all kinds of mantissas) of both signs, about a million, and the neighbours of places where
// the formulas change.
std::vector<float> SweepOfFloats() {
  std::vector<float> values = {0.0f,     -0.0f,   INFINITY, -INFINITY, NAN,   88.72283f,   88.72284f,   -87.33654f,
                               -103.97f, -104.0f, 9.0f,     10.0f,     -9.0f, 0.34657359f, 0.17328680f, 0.51986039f};
  for (uint64_t bits = 1; bits < 0x7f800000u; bits += 3989) {
    values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    values.push_back(-values.back());
  }
  return values;
}

struct Sweep {
  double worst = 0.0;
  float worst_at = 0.0f;
};

template <typename Exact>
Sweep Compare(void (*function)(const float*, float*, int64_t), const std::vector<float>& x, const Exact& exact) {
  std::vector<float> y(x.size());
  function(x.data(), y.data(), static_cast<int64_t>(x.size()));
  Sweep sweep;
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) {
      EXPECT_TRUE(std::isnan(y[i]));
      continue;
    }
    const double error = UlpError(y[i], exact(static_cast<long double>(x[i])));
    if (error > sweep.worst) sweep = {error, x[i]};
  }
  return sweep;
}

TEST(Math, ExpAndTanhAreWithinTheirErrors) {
  const std::vector<float> x = SweepOfFloats();
  const Kernels& kernels = KernelsFor(RunnableIsas().back());
  const Sweep exp = Compare(kernels.exp, x, [](long double v) { return std::exp(v); });
  EXPECT_LE(exp.worst, 1.1) << exp.worst_at;
  EXPECT_GE(exp.worst, 0.5) << "no rounding of a float result can be better than half a unit";
  const Sweep tanh = Compare(kernels.tanh, x, [](long double v) { return std::tanh(v); });
  EXPECT_LE(tanh.worst, 2.5) << tanh.worst_at;
  EXPECT_GE(tanh.worst, 0.5);
}

TEST(Math, EveryInstructionSetGivesTheSameBits) {
  std::vector<float> x = SweepOfFloats();
  x.resize(x.size() / 16 * 16 - 5);  // with a tail
  const auto n = static_cast<int64_t>(x.size());
  for (const auto function : {&Kernels::exp, &Kernels::tanh}) {
    std::vector<float> expected(x.size());
    (KernelsFor(Isa::kScalar).*function)(x.data(), expected.data(), n);
    for (const Isa isa : RunnableIsas()) {
      std::vector<float> y(x.size());
      (KernelsFor(isa).*function)(x.data(), y.data(), n);
      EXPECT_EQ(testing::BitDifference(expected, y), "") << IsaName(isa);
    }
  }
}

TEST(Math, SinCosIsWithinOneUnitInTheLastPlace) {
  Rng rng(3);
  double worst = 0.0;
  for (int i = 0; i < 300000; ++i) {
    // Angles of every size up to 2^20, as positions times frequencies are.
    const double angle = std::ldexp(rng.NextDouble(), static_cast<int>(rng.NextBelow(50)) - 29) * (i % 2 == 0 ? 1 : -1);
    float sine = 0.0f, cosine = 0.0f;
    SinCos(angle, &sine, &cosine);
    worst = std::max({worst, UlpError(sine, std::sin(static_cast<long double>(angle))),
                      UlpError(cosine, std::cos(static_cast<long double>(angle)))});
  }
  EXPECT_LE(worst, 0.51);
  EXPECT_GE(worst, 0.49);
}

TEST(Math, SinCosKnowsTheExactOnes) {
  float sine = 1.0f, cosine = 0.0f;
  SinCos(0.0, &sine, &cosine);
  EXPECT_EQ(sine, 0.0f);
  EXPECT_EQ(cosine, 1.0f);
}

TEST(RopeAngles, FollowTheirFormula) {
  Architecture a;
  a.rope_dim = 8;
  a.rope_theta = 500000.0;
  a.rope_linear_factor = 2.0;
  a.rope_freq_factors = {1.0f, 1.0f, 4.0f, 8.0f};
  const RopeAngles angles(a);
  ASSERT_EQ(angles.pairs(), 4);
  float cosines[4], sines[4];
  angles.At(1000, cosines, sines);
  for (int i = 0; i < 4; ++i) {
    const double angle = 500.0 * std::pow(500000.0, -i / 4.0) / a.rope_freq_factors[static_cast<size_t>(i)];
    EXPECT_NEAR(cosines[i], std::cos(angle), 1e-7) << i;  // a float near 1 and the double rounding of the angle
    EXPECT_NEAR(sines[i], std::sin(angle), 1e-7) << i;
  }
}

}  // namespace
}  // namespace bantam
