#include <cmath>
#include <functional>
#include <numeric>

#include "runtime/kernels/kernel_testing.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using testing::Gaussians;
using testing::RunnableIsas;

constexpr int64_t kSizes[] = {1, 2, 15, 16, 17, 64, 100, 576, 1000};

// Largest |value - exact| / (scale of exact) over a row.
double WorstError(const std::vector<float>& values, const std::vector<double>& exact) {
  double worst = 0.0;
  for (size_t i = 0; i < values.size(); ++i) {
    worst = std::max(worst, std::fabs(values[i] - exact[i]) / std::max(1e-30, std::fabs(exact[i])));
  }
  return worst;
}

// Runs `function(kernels, x)` on the same data in every instruction set, expects equal bits and returns the result.
template <typename Function>
std::vector<float> InAll(const std::vector<float>& x, const Function& function) {
  std::vector<float> first;
  for (const Isa isa : RunnableIsas()) {
    std::vector<float> row = x;
    function(KernelsFor(isa), row);
    if (first.empty()) {
      first = row;
    } else {
      EXPECT_EQ(testing::BitDifference(first, row), "") << IsaName(isa) << " n " << x.size();
    }
  }
  return first;
}

TEST(Elementwise, NormsMatchTheirFormulas) {
  double worst = 0.0;
  for (const int64_t n : kSizes) {
    std::vector<float> x = Gaussians(n, 1, 3.0);
    for (float& value : x) value += 1.0f;
    const std::vector<float> gain = Gaussians(n, 2), bias = Gaussians(n, 3);
    const auto size = static_cast<double>(n);
    double mean = 0.0, square = 0.0, variance = 0.0;
    for (const float value : x) mean += value / size, square += static_cast<double>(value) * value / size;
    for (const float value : x) variance += (value - mean) * (value - mean) / size;

    std::vector<double> rms, layer;
    for (size_t i = 0; i < x.size(); ++i) {
      rms.push_back(x[i] / std::sqrt(square + 1e-5) * gain[i]);
      layer.push_back((x[i] - mean) / std::sqrt(variance + 1e-5) * gain[i] + bias[i]);
    }
    const auto rms_row = InAll(x, [&](const Kernels& k, std::vector<float>& row) {
      k.rms_norm(row.data(), gain.data(), 1e-5f, n, row.data());
    });
    // The sum is exact to double: 6 roundings to float of the mean, its sum with eps, the root, its inverse and two products.
    const double bound = 6 * 0x1p-24;
    EXPECT_LE(WorstError(rms_row, rms), bound) << n;
    worst = std::max(worst, WorstError(rms_row, rms));

    const auto layer_row = InAll(x, [&](const Kernels& k, std::vector<float>& row) {
      k.layer_norm(row.data(), gain.data(), bias.data(), 1e-5f, n, row.data());
    });
    for (size_t i = 0; i < x.size(); ++i) {
      // Two cancelling subtractions: errors count against the terms (x, mean up to 12, times 1 / deviation), not the result.
      const double scale = 12.0 / std::sqrt(variance + 1e-5) * std::fabs(gain[i]) + std::fabs(bias[i]);
      EXPECT_NEAR(layer_row[i], layer[i], 4 * bound * scale) << n;
    }
  }
  EXPECT_GT(worst, 1e-8);
}

TEST(Elementwise, RopeRotatesPairsOfBothStyles) {
  const int64_t heads = 3, head_dim = 20, rope_dim = 12;
  const std::vector<float> x = Gaussians(heads * head_dim, 4), angles = Gaussians(rope_dim / 2, 5, 3.0);
  std::vector<float> cosines, sines;
  for (const float angle : angles) cosines.push_back(std::cos(angle)), sines.push_back(std::sin(angle));
  for (const RopeStyle style : {RopeStyle::kInterleaved, RopeStyle::kHalf}) {
    const auto row = InAll(x, [&](const Kernels& k, std::vector<float>& values) {
      k.rope(values.data(), heads, head_dim, rope_dim, style, cosines.data(), sines.data());
    });
    std::vector<float> expected = x;
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t i = 0; i < rope_dim / 2; ++i) {
        const auto a = static_cast<size_t>(h * head_dim + (style == RopeStyle::kHalf ? i : 2 * i));
        const auto b = a + (style == RopeStyle::kHalf ? rope_dim / 2 : 1);
        const auto p = static_cast<size_t>(i);
        expected[a] = x[a] * cosines[p] - x[b] * sines[p];
        expected[b] = x[a] * sines[p] + x[b] * cosines[p];
      }
    }
    EXPECT_EQ(testing::BitDifference(expected, row), "");
  }
}

TEST(Elementwise, ActivationsMatchTheirFormulas) {
  std::vector<float> x;
  for (int i = -2000; i <= 2000; ++i) x.push_back(static_cast<float>(i) * 0.01f);
  const auto n = static_cast<int64_t>(x.size());
  const std::vector<float> up = Gaussians(n, 6);
  const auto silu = [](double v) { return v / (1 + std::exp(-v)); };
  const auto gelu_tanh = [](double v) {
    return v / (1 + std::exp(-2 * std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
  };
  const auto gelu_erf = [](double v) { return 0.5 * v * std::erfc(-v / std::sqrt(2.0)); };
  const std::pair<Nonlinearity, std::function<double(double)>> cases[] = {
      {Nonlinearity::kSilu, silu}, {Nonlinearity::kGeluTanh, gelu_tanh}, {Nonlinearity::kGeluErf, gelu_erf}};
  for (const auto& [activation, exact] : cases) {
    const Nonlinearity a = activation;
    const auto plain = InAll(x, [&](const Kernels& k, std::vector<float>& row) { k.activate(a, row.data(), n); });
    const auto gated =
        InAll(x, [&](const Kernels& k, std::vector<float>& row) { k.activate_gated(a, row.data(), up.data(), n); });
    for (size_t i = 0; i < x.size(); ++i) {
      // The exponent is rounded a few times at up to |u| = 2 * 0.8 * (20 + 0.044715 * 8000) = 604, but where it is large the
      // result is 0 or x; in between (|x| < 6, |u| < 26) its roundings make a relative error of up to 4 * 26 * 2^-24.
      const double bound = 1e-30 + std::fabs(exact(x[i])) * std::ldexp(4 * 26 + 8, -24);
      EXPECT_NEAR(plain[i], exact(x[i]), std::fabs(x[i]) < 6 ? bound : 1e-8 + 1e-6 * std::fabs(x[i])) << x[i];
      EXPECT_EQ(gated[i], plain[i] * up[i]) << x[i];
    }
  }
}

TEST(Elementwise, GeluInHalfPrecisionIsRoundedTwice) {
  std::vector<float> x = {-20.0f, -10.0f, 10.0f, 15.5f, INFINITY, -INFINITY, 0.0f};
  for (int i = -999; i <= 999; ++i) x.push_back(static_cast<float>(i) * 0.01f);
  const auto n = static_cast<int64_t>(x.size());
  const auto row = InAll(x, [&](const Kernels& k, std::vector<float>& values) {
    k.activate(Nonlinearity::kGeluTanhF16, values.data(), n);
  });
  const std::vector<float> ends = {0.0f, 0.0f, 10.0f, 15.5f, INFINITY, 0.0f, 0.0f};
  for (size_t i = 0; i < ends.size(); ++i) EXPECT_EQ(row[i], ends[i]) << x[i];
  for (size_t i = ends.size(); i < x.size(); ++i) {
    const double half = HalfToFloat(FloatToHalf(x[i]));
    const double u = std::sqrt(2 / M_PI) * (half + 0.044715 * half * half * half);
    // Half a step of F16 (2^-11 of the value, 2^-25 near zero) and the rounding of 1 + tanh, 2^-24 of x.
    const double exact = 0.5 * half * (1 + std::tanh(u));
    EXPECT_NEAR(row[i], exact, std::fabs(exact) * 0x1p-11 + 0x1p-25 + std::fabs(half) * 0x1p-23) << x[i];
    EXPECT_EQ(row[i], HalfToFloat(FloatToHalf(row[i])));
  }
}

TEST(Elementwise, SoftmaxSumsToOneWhateverTheShift) {
  for (const int64_t n : kSizes) {
    const std::vector<float> base = Gaussians(n, 7, 4.0);
    double sum = 0.0;
    for (const float value : base) sum += std::exp(static_cast<double>(value));
    for (const float shift : {0.0f, 4096.0f, -4096.0f}) {  // multiples of every rounding of these values' sums
      std::vector<float> x = base;
      for (float& value : x) value = std::round(value * 256.0f) / 256.0f + shift;
      const auto row = InAll(x, [&](const Kernels& k, std::vector<float>& values) { k.softmax(values.data(), n); });
      const double total = std::accumulate(row.begin(), row.end(), 0.0);
      EXPECT_NEAR(total, 1.0, std::ldexp(static_cast<double>(n) / 16 + 8, -24)) << n;
      // Rounding the inputs to 1/256 moves a probability by at most 2 * 1/512 of itself.
      for (size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i] * sum / std::exp(base[i]), 1.0, 0.005) << n;
    }
  }
}

TEST(Elementwise, SoftmaxOfMinusInfinityIsZero) {
  std::vector<float> x(20, 1.0f);
  x[3] = -INFINITY;
  const auto row = InAll(x, [](const Kernels& k, std::vector<float>& values) { k.softmax(values.data(), 20); });
  EXPECT_EQ(row[3], 0.0f);
  EXPECT_NEAR(row[4], 1.0 / 19, 1e-8);
}

TEST(Elementwise, TheRestIsWhatItSays) {
  for (const int64_t n : kSizes) {
    const std::vector<float> x = Gaussians(n, 8), y = Gaussians(n, 9);
    std::vector<float> sum = x, scaled = x, fused = x, capped = x, sigmoid = x;
    for (size_t i = 0; i < x.size(); ++i) {
      sum[i] = x[i] + y[i];
      scaled[i] = x[i] * 0.7f;
      fused[i] = std::fma(0.7f, y[i], x[i]);
      capped[i] = static_cast<float>(2.0 * std::tanh(x[i] / 2.0));
      sigmoid[i] = static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(x[i]))));
    }
    using Row = std::vector<float>;
    EXPECT_EQ(
        testing::BitDifference(sum, InAll(x, [&](const Kernels& k, Row& row) { k.add(row.data(), y.data(), n); })), "");
    EXPECT_EQ(
        testing::BitDifference(scaled, InAll(x, [&](const Kernels& k, Row& row) { k.scale(row.data(), 0.7f, n); })),
        "");
    EXPECT_EQ(testing::BitDifference(
                  fused, InAll(x, [&](const Kernels& k, Row& row) { k.add_scaled(row.data(), 0.7f, y.data(), n); })),
              "");
    const Row cap = InAll(x, [&](const Kernels& k, Row& row) { k.soft_cap(row.data(), 2.0f, n); });
    const Row sig = InAll(x, [&](const Kernels& k, Row& row) { k.sigmoid(row.data(), n); });
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(cap[i] / capped[i], 1.0, 4 * 0x1p-23) << n;  // tanh 2 units, division and product half each
      EXPECT_NEAR(sig[i] / sigmoid[i], 1.0, 4 * 0x1p-23) << n;
    }
    for (const Isa isa : RunnableIsas()) {
      std::vector<uint16_t> halves(x.size());
      KernelsFor(isa).to_f16(x.data(), halves.data(), n);
      for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(halves[i], FloatToHalf(x[i]));
    }
  }
}

}  // namespace
}  // namespace bantam
