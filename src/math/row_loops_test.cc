#include "math/row_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "testing/testing.h"

// The loops once more, compiled for the oldest CPU.
#define BANTAM_TARGET oldest
#include "math/row_loops-inl.h"
#undef BANTAM_TARGET

namespace bantam {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

template <typename T>
constexpr double kRounding = std::numeric_limits<T>::epsilon() / 2;

// Shorter than the lanes of a sum, as many, one more, and several rounds of them with a rest.
constexpr int64_t kCounts[] = {1, 2, 15, 16, 17, 31, 32, 100, 1000};

template <typename T>
std::vector<T> Random(int64_t count, uint64_t stream, double scale = 1.0) {
  Rng rng(7, stream);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(scale * rng.NextGaussian());
  return values;
}

std::vector<BFloat16> Rounded(const std::vector<float>& values) {
  std::vector<BFloat16> result(values.size());
  ConvertRow(values.data(), std::ssize(values), result.data());
  return result;
}

std::vector<float> Widened(const std::vector<BFloat16>& values) {
  std::vector<float> result(values.size());
  ConvertRow(values.data(), std::ssize(values), result.data());
  return result;
}

TEST(BFloat16Test, EveryValueComesBack) {
  std::vector<BFloat16> all;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) all.push_back({static_cast<uint16_t>(bits)});
  const std::vector<BFloat16> back = Rounded(Widened(all));
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const bool nan = std::isnan(ToFloat(all[bits]));
    EXPECT_EQ(back[bits].bits, nan ? bits | 0x40 : bits);  // quiet
  }
}

TEST(BFloat16Test, RoundsToNearestAndTiesToEven) {
  constexpr float kStep = 0x1p-7f;  // of values from 1 to 2
  const float largest = ToFloat({0x7f7f}), infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{1 + 0.49f * kStep, 1 + 0.51f * kStep, 1 + 0.5f * kStep, 1 + 1.5f * kStep,
                                  -1 - 1.5f * kStep, 2 - 0.5f * kStep,  largest * 1.003f, -0.0f};
  EXPECT_THAT(Widened(Rounded(values)), ElementsAre(1, 1 + kStep, 1, 1 + 2 * kStep, -1 - 2 * kStep, 2, infinity, 0));
  EXPECT_TRUE(std::signbit(ToFloat(RoundToBFloat16(-0.0f))));
}

template <typename T>
class RowLoopsTest : public ::testing::Test {};
using Reals = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RowLoopsTest, Reals);

TYPED_TEST(RowLoopsTest, SumsAreExactOfIntegers) {
  using T = TypeParam;
  for (const int64_t count : kCounts) {
    std::vector<T> x(count), y(count);
    int64_t expected = 0;
    for (int64_t i = 0; i < count; ++i) {
      x[i] = static_cast<T>(i % 7 - 3), y[i] = static_cast<T>(i % 5 + 1);
      expected += (i % 7 - 3) * (i % 5 + 1);
    }
    EXPECT_EQ(DotRow(x.data(), y.data(), count), static_cast<T>(expected));
    std::vector<T> sum = y;
    AddRow(x.data(), count, sum.data());
    for (int64_t i = 0; i < count; ++i) EXPECT_EQ(sum[i], x[i] + y[i]);
  }
  EXPECT_EQ(DotRow<T>(nullptr, nullptr, 0), 0);
}

// Roundings of a sum of `count` in sixteen lanes.
double LaneRoundings(int64_t count) { return static_cast<double>(count) / 16 + 5; }

TYPED_TEST(RowLoopsTest, RmsNormMatchesFormula) {
  using T = TypeParam;
  constexpr double kEps = 1e-3;
  for (const int64_t count : kCounts) {
    const std::vector<T> x = Random<T>(count, 1), gain = Random<T>(count, 2);
    std::vector<T> y(count);
    RmsNormRow(x.data(), gain.data(), kEps, count, y.data());
    long double squares = 0;
    for (const T value : x) squares += static_cast<long double>(value) * value;
    const long double scale = 1 / std::sqrt(squares / count + kEps);
    for (int64_t i = 0; i < count; ++i) {
      const double expected = static_cast<double>(x[i] * scale * gain[i]);
      // The square root halves the error of the sum; the scale, in double twice, and two products round as well.
      EXPECT_NEAR(y[i], expected, (LaneRoundings(count) / 2 + 6) * kRounding<T> * std::abs(expected));
    }
  }
}

TYPED_TEST(RowLoopsTest, ExponentialIsAccurate) {
  using T = TypeParam;
  std::vector<T> x;
  for (double value = -86.9; value < 87.9; value += 0.0037) x.push_back(static_cast<T>(value));
  std::vector<T> p(x.size());
  ProbabilityRow(x.data(), T{0}, std::ssize(x), p.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(static_cast<double>(x[i]));
    ASSERT_NEAR(p[i], expected, 3.01 * kRounding<T> * expected) << "x = " << x[i];
  }
  const std::vector<T> far{-2000, -std::numeric_limits<T>::infinity()};
  std::vector<T> none(2, 1);
  ProbabilityRow(far.data(), T{0}, 2, none.data());
  EXPECT_THAT(none, Each(T{0}));
}

TYPED_TEST(RowLoopsTest, SoftmaxMatchesFormula) {
  using T = TypeParam;
  for (const int64_t count : kCounts) {
    for (const double shift : {0.0, 1000.0, -1000.0}) {  // exp of these overflows, or is 0
      std::vector<T> x = Random<T>(count, 1, 3.0);
      for (T& value : x) value += static_cast<T>(shift);
      const T maximum = *std::max_element(x.begin(), x.end());
      long double sum = 0;
      for (const T value : x) sum += std::exp(static_cast<long double>(value) - maximum);
      const double log_sum = static_cast<double>(maximum + std::log(sum));
      std::vector<T> exponentials = x, p(count), again(count);
      const T result = SoftmaxRow(exponentials.data(), count, p.data());
      // The sum is rounded by its lanes and e^x (3 each), its log and the maximum by one of the result.
      const double bound = kRounding<T> * (LaneRoundings(count) + 4 + 2 * std::abs(log_sum));
      EXPECT_NEAR(result, log_sum, bound);
      EXPECT_EQ(LogSumExpRow(x.data(), count), result);
      ProbabilityRow(x.data(), result, count, again.data());
      for (int64_t i = 0; i < count; ++i) {
        const double size = static_cast<double>(std::exp(static_cast<long double>(x[i]) - maximum));
        const double expected = size / static_cast<double>(sum), distance = static_cast<double>(maximum) - x[i];
        // x - maximum is off by half a unit in its last place, which is relative in e^x.
        const double relative = kRounding<T> * (LaneRoundings(count) + 10 + distance);
        EXPECT_NEAR(exponentials[i], size, relative * size);
        EXPECT_NEAR(p[i], expected, relative * expected);
        EXPECT_NEAR(again[i], expected, (relative + bound + kRounding<T> * distance) * expected);
      }
    }
  }
}

TYPED_TEST(RowLoopsTest, SwigluMatchesFormula) {
  using T = TypeParam;
  std::vector<T> gate = Random<T>(1000, 1, 4.0);
  const std::vector<T> up = Random<T>(1000, 2);
  gate[0] = 0, gate[1] = 30, gate[2] = -30;
  std::vector<T> y(1000);
  SwigluRow<T>(gate.data(), up.data(), 1000, y.data());
  for (size_t i = 0; i < y.size(); ++i) {
    const long double g = gate[i];
    const double expected = static_cast<double>(g / (1 + std::exp(-g)) * up[i]);
    EXPECT_NEAR(y[i], expected, 7 * kRounding<T> * std::abs(expected)) << "gate = " << gate[i];
  }
}

template <typename T>
void ExpectSameBits(const std::vector<T>& a, const std::vector<T>& b, const char* name) {
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(T)), 0) << name << ", " << a.size() << " values";
}

// What runs here was compiled for this CPU's best instruction set.
template <typename T, typename E>
void CheckBits(int64_t count) {
  const std::vector<T> x = Random<T>(count, 1, 3.0), y = Random<T>(count, 2), z = Random<T>(count, 3);
  std::vector<E> gate(count), up(count);
  ConvertRow(x.data(), count, gate.data());
  ConvertRow(y.data(), count, up.data());
  std::vector<E> e(count), e2(count), f(count), f2(count);
  std::vector<T> t = z, t2 = z, u = y, u2 = y;

  oldest::ConvertLoop(z.data(), count, e.data());
  ConvertRow(z.data(), count, e2.data());
  ExpectSameBits(e, e2, "ConvertRow");
  oldest::RmsNormLoop(x.data(), y.data(), 1e-5, count, e.data());
  RmsNormRow(x.data(), y.data(), 1e-5, count, e2.data());
  ExpectSameBits(e, e2, "RmsNormRow");
  oldest::RmsNormBackwardLoop(x.data(), y.data(), 1e-5, z.data(), count, t.data(), u.data());
  RmsNormRowBackward(x.data(), y.data(), 1e-5, z.data(), count, t2.data(), u2.data());
  ExpectSameBits(t, t2, "RmsNormRowBackward, dx");
  ExpectSameBits(u, u2, "RmsNormRowBackward, dgain");
  oldest::SwigluLoop<T>(gate.data(), up.data(), count, e.data());
  SwigluRow<T>(gate.data(), up.data(), count, e2.data());
  ExpectSameBits(e, e2, "SwigluRow");
  oldest::SwigluBackwardLoop(gate.data(), up.data(), z.data(), count, e.data(), f.data());
  SwigluRowBackward(gate.data(), up.data(), z.data(), count, e2.data(), f2.data());
  ExpectSameBits(e, e2, "SwigluRowBackward, dgate");
  ExpectSameBits(f, f2, "SwigluRowBackward, dup");
  t = x, t2 = x;
  EXPECT_EQ(oldest::SoftmaxLoop(t.data(), count, e.data()), SoftmaxRow(t2.data(), count, e2.data()));
  ExpectSameBits(t, t2, "SoftmaxRow, x");
  ExpectSameBits(e, e2, "SoftmaxRow, p");
  EXPECT_EQ(oldest::LogSumExpLoop(x.data(), count), LogSumExpRow(x.data(), count));
  oldest::ProbabilityLoop(x.data(), T{2}, count, t.data());
  ProbabilityRow(x.data(), T{2}, count, t2.data());
  ExpectSameBits(t, t2, "ProbabilityRow");
  oldest::SoftmaxBackwardLoop(y.data(), z.data(), T(0.3), T(0.7), count, e.data());
  SoftmaxRowBackward(y.data(), z.data(), T(0.3), T(0.7), count, e2.data());
  ExpectSameBits(e, e2, "SoftmaxRowBackward");
  EXPECT_EQ(oldest::DotLoop(x.data(), y.data(), count), DotRow(x.data(), y.data(), count));
  oldest::AddLoop(x.data(), count, u.data());
  AddRow(x.data(), count, u2.data());
  ExpectSameBits(u, u2, "AddRow");
}

TEST(RowLoopsBitsTest, EveryInstructionSetGivesTheSameBits) {
  for (const int64_t count : kCounts) {
    CheckBits<float, float>(count);
    CheckBits<float, BFloat16>(count);
    CheckBits<double, double>(count);
  }
}

// With operands in bfloat16 the arithmetic is float's, and each result is rounded once more.
TEST(RowLoopsBitsTest, BFloat16RoundsTheResultsOfFloat) {
  constexpr int64_t kCount = 100;
  const std::vector<BFloat16> gate = Rounded(Random<float>(kCount, 1, 4.0f)), up = Rounded(Random<float>(kCount, 2));
  const std::vector<float> wide_gate = Widened(gate), wide_up = Widened(up), dy = Random<float>(kCount, 3);
  std::vector<BFloat16> y(kCount), dgate(kCount), dup(kCount);
  std::vector<float> wide_y(kCount), wide_dgate(kCount), wide_dup(kCount);
  SwigluRow<float>(gate.data(), up.data(), kCount, y.data());
  SwigluRow<float>(wide_gate.data(), wide_up.data(), kCount, wide_y.data());
  ExpectSameBits(y, Rounded(wide_y), "y");
  SwigluRowBackward(gate.data(), up.data(), dy.data(), kCount, dgate.data(), dup.data());
  SwigluRowBackward(wide_gate.data(), wide_up.data(), dy.data(), kCount, wide_dgate.data(), wide_dup.data());
  ExpectSameBits(dgate, Rounded(wide_dgate), "dgate");
  ExpectSameBits(dup, Rounded(wide_dup), "dup");
}

}  // namespace
}  // namespace bantam
