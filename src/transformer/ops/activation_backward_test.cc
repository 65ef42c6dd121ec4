// Gradients of the operators that work value by value or row by row.
#include <cmath>
#include <vector>

#include "math/row_loops.h"
#include "testing/testing.h"
#include "transformer/ops/activation.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/sigmoid_gate.h"
#include "transformer/ops/soft_cap.h"
#include "transformer/ops/softmax.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CheckGradient;
using testing::Dot;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Gaussians;
using testing::kRounding;
using testing::Widen;
using Doubles = std::span<const double>;

constexpr Activation kActivations[] = {Activation::kSilu, Activation::kGeluTanh, Activation::kGeluErf};

// Gaussians three times as wide, zero and values where exp(-x) is tiny or huge.
std::vector<double> Inputs(uint64_t stream) {
  std::vector<double> x = Gaussians<double>(20, stream);
  for (double& value : x) value *= 3;
  x.insert(x.end(), {0, -20, 20, -0.5, 0.5});
  return x;
}

TEST(ActivationBackwardTest, MatchesFiniteDifferences) {
  for (const Activation activation : kActivations) {
    const std::vector<double> x = Inputs(1), dy = Gaussians<double>(std::ssize(x), 2);
    std::vector<double> dx(x.size(), 7);
    ActivationBackward<double>(activation, x, dy, dx);
    CheckGradient(
        [&](Doubles values) {
          std::vector<double> y(x.size());
          ActivationForward<double>(activation, values, y);
          return Dot(dy, y);
        },
        x, dx);
  }
}

TEST(ActivationBackwardTest, GatedMatchesFiniteDifferences) {
  for (const Activation activation : kActivations) {
    const std::vector<double> gate = Inputs(1), up = Gaussians<double>(std::ssize(gate), 2),
                              dy = Gaussians<double>(std::ssize(gate), 3);
    std::vector<double> dgate(gate.size(), 7), dup = dy;
    GatedActivationBackward<double>(activation, gate, up, dup, dgate, dup);  // dup in place of dy
    const auto loss = [&](Doubles g, Doubles u) {
      std::vector<double> y(gate.size());
      GatedActivationForward<double>(activation, g, u, y);
      return Dot(dy, y);
    };
    CheckGradient([&](Doubles values) { return loss(values, up); }, gate, dgate);
    CheckGradient([&](Doubles values) { return loss(gate, values); }, up, dup);
  }
}

// The loops of training compute the same as the operators.
TEST(ActivationBackwardTest, SwigluRowMatchesSilu) {
  const std::vector<double> gate = Inputs(1), up = Gaussians<double>(std::ssize(gate), 2),
                            dy = Gaussians<double>(std::ssize(gate), 3);
  std::vector<double> dgate(gate.size()), dup(gate.size()), row_dgate(gate.size()), row_dup(gate.size());
  GatedActivationBackward<double>(Activation::kSilu, gate, up, dy, dgate, dup);
  SwigluRowBackward(gate.data(), up.data(), dy.data(), std::ssize(gate), row_dgate.data(), row_dup.data());
  for (size_t i = 0; i < gate.size(); ++i) {
    const double bound = 20 * kRounding<double> * (1 + std::abs(gate[i])) * std::abs(dy[i]);
    EXPECT_NEAR(row_dgate[i], dgate[i], bound * std::abs(up[i])) << "gate = " << gate[i];
    EXPECT_NEAR(row_dup[i], dup[i], bound) << "gate = " << gate[i];
  }
}

TEST(ActivationBackwardTest, SwigluRowInFloatMatchesDouble) {
  const std::vector<float> gate = Gaussians<float>(1000, 1), up = Gaussians<float>(1000, 2),
                           dy = Gaussians<float>(1000, 3);
  std::vector<float> dgate(1000), dup(1000);
  SwigluRowBackward(gate.data(), up.data(), dy.data(), 1000, dgate.data(), dup.data());
  const std::vector<double> g = Widen(gate), u = Widen(up), d = Widen(dy);
  std::vector<double> exact_dgate(1000), exact_dup(1000);
  SwigluRowBackward(g.data(), u.data(), d.data(), 1000, exact_dgate.data(), exact_dup.data());
  for (size_t i = 0; i < g.size(); ++i) {
    // The sigmoid is off by up to 6 roundings (exp by 3), of 1 where it stands for 1 - s.
    EXPECT_NEAR(dgate[i], exact_dgate[i], 10 * kRounding<float> * (1 + std::abs(g[i])) * std::abs(u[i] * d[i]));
    EXPECT_NEAR(dup[i], exact_dup[i], 8 * kRounding<float> * std::abs(exact_dup[i]));
  }
}

template <typename T>
class ActivationSlopeTest : public ::testing::Test {};
TYPED_TEST_SUITE(ActivationSlopeTest, testing::Reals);

// act(x) - act(-x) = x for all three, so the derivatives at x and -x add up to 1; and far out they are 0 and 1.
TYPED_TEST(ActivationSlopeTest, OppositeSlopesAddUpToOne) {
  using T = TypeParam;
  for (const Activation activation : kActivations) {
    const auto slope = [&](T x) {
      T dx = 0;
      ActivationBackward<T>(activation, std::span<const T>(&x, 1), std::vector<T>{1}, std::span<T>(&dx, 1));
      return dx;
    };
    EXPECT_EQ(slope(0), T(0.5));
    for (const double x : {0.01, 0.3, 1.0, 2.0, 5.0, 12.0}) {
      EXPECT_NEAR(slope(T(x)) + slope(T(-x)), 1, 20 * kRounding<T> * (1 + x)) << "x = " << x;
    }
    EXPECT_EQ(slope(10000), 1);
    EXPECT_EQ(slope(-10000), 0);
  }
}

TEST(ActivationBackwardTest, FloatMatchesDouble) {
  const std::vector<float> gate = Gaussians<float>(1000, 1), up = Gaussians<float>(1000, 2),
                           dy = Gaussians<float>(1000, 3);
  for (const Activation activation : kActivations) {
    std::vector<float> dx(1000), dgate(1000), dup(1000);
    ActivationBackward<float>(activation, gate, dy, dx);
    GatedActivationBackward<float>(activation, gate, up, dy, dgate, dup);
    const std::vector<double> x = Widen(gate), u = Widen(up), d = Widen(dy);
    std::vector<double> exact_dx(1000), exact_dgate(1000), exact_dup(1000);
    ActivationBackward<double>(activation, x, d, exact_dx);
    GatedActivationBackward<double>(activation, x, u, d, exact_dgate, exact_dup);
    for (size_t i = 0; i < x.size(); ++i) {
      // The sigmoid, erf and tanh are off by up to 5 roundings of 1, with those of their arguments. In the derivative they
      // are multiplied by at most 1 + |x| (1 + x^2 / 8), the last for u' of the tanh form, and twice where 1 - t^2 is.
      const double slope = 15 * kRounding<float> * (1 + std::abs(x[i]) * (1 + x[i] * x[i] / 8));
      const double value = 10 * kRounding<float> * std::abs(x[i]);
      EXPECT_NEAR(dx[i], exact_dx[i], slope * std::abs(d[i])) << "x = " << x[i];
      EXPECT_NEAR(dgate[i], exact_dgate[i], slope * std::abs(u[i] * d[i])) << "x = " << x[i];
      EXPECT_NEAR(dup[i], exact_dup[i], value * std::abs(d[i])) << "x = " << x[i];
    }
  }
}

TEST(SoftCapBackwardTest, MatchesFiniteDifferences) {
  for (const double cap : {0.0, 2.0, 30.0}) {
    const std::vector<double> x = Inputs(1), weights = Gaussians<double>(std::ssize(x), 2);
    const auto capped = [&](Doubles values) {
      std::vector<double> y(values.begin(), values.end());
      SoftCapForward<double>(cap, y);
      return y;
    };
    std::vector<double> dx = weights;
    SoftCapBackward<double>(cap, capped(x), dx);
    CheckGradient([&](Doubles values) { return Dot(weights, capped(values)); }, x, dx);
  }
}

TEST(SoftCapBackwardTest, FloatMatchesDouble) {
  constexpr double kCap = 2.0;
  std::vector<float> y = Gaussians<float>(1000, 1), dy = Gaussians<float>(1000, 2);
  SoftCapForward<float>(kCap, y);
  std::vector<double> exact = Widen(dy);
  SoftCapBackward<double>(kCap, Widen(y), exact);
  const std::vector<float> before = dy;
  SoftCapBackward<float>(kCap, y, dy);
  // Rounded: 1 - y / cap and 1 + y / cap (division by 2 is exact), their product, that with dy.
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(dy[i], exact[i], 4.01 * kRounding<float> * std::abs(exact[i]));
  y = {2, -2};
  dy = {5, 5};
  SoftCapBackward<float>(kCap, y, dy);  // at the cap nothing passes
  EXPECT_THAT(dy, Each(0.0f));
}

std::vector<double> Softmax(Doubles values) {
  std::vector<double> y(values.begin(), values.end());
  SoftmaxForward<double>(y);
  return y;
}

TEST(SoftmaxBackwardTest, MatchesFiniteDifferences) {
  const std::vector<double> spread = Inputs(1);
  const std::vector<double> rows[] = {spread, {0, 0, 0, 0}, {3, 1, 3, 3, -2}, {-30, 0, 1}, {4}};
  for (const std::vector<double>& x : rows) {
    const std::vector<double> weights = Gaussians<double>(std::ssize(x), 2);
    std::vector<double> dx = weights;
    SoftmaxBackward<double>(Softmax(x), dx);
    CheckGradient([&](Doubles values) { return Dot(weights, Softmax(values)); }, x, dx);
  }
  SoftmaxBackward<double>({}, {});
}

// The same from the loops of training, of which one takes the mean of dy under y and a factor from outside.
TEST(SoftmaxBackwardTest, RowMatchesFiniteDifferences) {
  constexpr double kScale = 0.5;
  const std::vector<double> x = Inputs(1), weights = Gaussians<double>(std::ssize(x), 2), y = Softmax(x);
  const int64_t count = std::ssize(x);
  std::vector<double> dx(x.size());
  SoftmaxRowBackward(y.data(), weights.data(), DotRow(y.data(), weights.data(), count), kScale, count, dx.data());
  CheckGradient([&](Doubles values) { return kScale * Dot(weights, Softmax(values)); }, x, dx);
}

// A softmax does not see a constant that is added to all, so a gradient adds up to 0.
TEST(SoftmaxBackwardTest, FloatMatchesDoubleAndAddsUpToZero) {
  std::vector<float> y = Gaussians<float>(1000, 1), dy = Gaussians<float>(1000, 2);
  SoftmaxForward<float>(y);
  std::vector<double> exact = Widen(dy);
  SoftmaxBackward<double>(Widen(y), exact);
  SoftmaxBackward<float>(y, dy);
  double sum = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_NEAR(dy[i], exact[i], 2.01 * kRounding<float> * std::abs(exact[i]));  // the difference and the product
    sum += dy[i];
  }
  // y adds up to 1 within 3 roundings of each (exp, scale, product), and dy has a mean of at most 1 under it.
  EXPECT_NEAR(sum, 0, 6 * kRounding<float>);
}

TEST(SigmoidGateBackwardTest, MatchesFiniteDifferences) {
  constexpr int64_t kWidth = 5;
  for (const std::vector<double>& gate : {std::vector<double>{0.3, -2, 0, 15}, std::vector<double>{1}}) {
    const int64_t rows = std::ssize(gate);
    const std::vector<double> x = Gaussians<double>(rows * kWidth, 1), y = Gaussians<double>(rows * kWidth, 2),
                              dy = Gaussians<double>(rows * kWidth, 3);
    std::vector<double> dx = dy, dgate(gate.size(), 7);
    SigmoidGateBackward<double>(gate, x, dx, dx, dgate);  // in place of dy
    const auto loss = [&](Doubles g, Doubles values) {
      std::vector<double> sum = y;
      SigmoidGateForward<double>(g, values, sum);
      return Dot(dy, sum);
    };
    CheckGradient([&](Doubles values) { return loss(values, x); }, gate, dgate);
    CheckGradient([&](Doubles values) { return loss(gate, values); }, x, dx);
  }
}

TEST(SigmoidGateBackwardTest, FloatMatchesDouble) {
  constexpr int64_t kRows = 50, kWidth = 33;
  const std::vector<float> gate = Gaussians<float>(kRows, 1), x = Gaussians<float>(kRows * kWidth, 2),
                           dy = Gaussians<float>(kRows * kWidth, 3);
  std::vector<float> dx(x.size()), dgate(gate.size());
  SigmoidGateBackward<float>(gate, x, dy, dx, dgate);
  std::vector<double> exact_dx(x.size()), exact_dgate(gate.size());
  SigmoidGateBackward<double>(Widen(gate), Widen(x), Widen(dy), exact_dx, exact_dgate);
  // The sigmoid s is off by 4 roundings of itself (exp by 2), and 1 - s by 1 + 4 s / (1 - s) of its own: with |gate| < 4
  // below 4 e^4 + 1 = 220.
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(dx[i], exact_dx[i], 5 * kRounding<float> * std::abs(exact_dx[i]));
  for (int64_t i = 0; i < kRows; ++i) {
    EXPECT_NEAR(dgate[i], exact_dgate[i], 230 * kRounding<float> * std::abs(exact_dgate[i]));
  }
  std::vector<float> flat(2);
  SigmoidGateBackward<float>(std::vector<float>{200, -200}, std::vector<float>{1, 2, 3, 4},
                             std::vector<float>{5, 6, 7, 8}, std::span(dx).first(4), flat);
  EXPECT_THAT(std::vector<float>(dx.begin(), dx.begin() + 4), ElementsAre(5, 6, 0, 0));
  EXPECT_THAT(flat, Each(0.0f));
}

}  // namespace
}  // namespace bantam
