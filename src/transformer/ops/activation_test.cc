#include "transformer/ops/activation.h"

#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/sigmoid_gate.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::kRounding;

template <typename T>
class ActivationTest : public ::testing::Test {};
TYPED_TEST_SUITE(ActivationTest, testing::Reals);

struct Value {
  double x, silu, gelu_tanh, gelu_erf;
};
// To 17 digits, from the formulas in 50-digit arithmetic.
constexpr Value kValues[] = {
    {-20, -4.1223072363804072e-8, 0.0, 0.0},
    {-3, -0.14227761953270034, -0.0036373920817730188, -0.0040496940948902836},
    {-1, -0.26894142136999512, -0.1588080093917233, -0.15865525393145705},
    {-0.125, -0.058598828328280468, -0.056282801375776612, -0.056282721896235888},
    {0, 0.0, 0.0, 0.0},
    {0.5, 0.31122966560092728, 0.34571400982514392, 0.34573123063700655},
    {1, 0.73105857863000488, 0.8411919906082767, 0.84134474606854295},
    {2.75, 2.584761712021479, 2.742276855926382, 2.7418056511036},
    {20, 19.999999958776928, 20.0, 20.0},
};

TYPED_TEST(ActivationTest, KnownValues) {
  using T = TypeParam;
  std::vector<T> x, up;
  for (const Value& value : kValues) x.push_back(static_cast<T>(value.x)), up.push_back(static_cast<T>(value.x - 0.5));
  const std::pair<Activation, double Value::*> functions[] = {{Activation::kSilu, &Value::silu},
                                                              {Activation::kGeluTanh, &Value::gelu_tanh},
                                                              {Activation::kGeluErf, &Value::gelu_erf}};
  for (const auto& [activation, expected] : functions) {
    std::vector<T> y(x.size()), gated = up;
    ActivationForward<T>(activation, x, y);
    GatedActivationForward<T>(activation, x, gated, gated);
    for (size_t i = 0; i < x.size(); ++i) {
      // Up to 10 roundings of factors no larger than x: near -3 the erf and tanh forms subtract numbers close to 1.
      EXPECT_NEAR(y[i], kValues[i].*expected, 10 * kRounding<T> * std::abs(x[i])) << "x = " << x[i];
      EXPECT_EQ(gated[i], y[i] * up[i]) << "x = " << x[i];
    }
  }
}

TYPED_TEST(ActivationTest, SigmoidGateAddsItsShare) {
  using T = TypeParam;
  const std::vector<T> gate{0, 200, -200}, x{1, 2, 3, 4, 5, 6};
  std::vector<T> y{10, 10, 10, 10, 10, 10};
  SigmoidGateForward<T>(gate, x, y);
  EXPECT_THAT(y, ::testing::ElementsAre(T(10.5), 11, 13, 14, 10, 10));
}

}  // namespace
}  // namespace bantam
