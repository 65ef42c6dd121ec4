#include "transformer/gradient/pass.h"

#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CheckGradient;
using testing::Dot;
using testing::Gaussians;
using testing::kRounding;
using Doubles = std::span<const double>;

constexpr int64_t kWidth = 5, kOut = 3;
constexpr double kBefore = 3;  // in what is added to

// Parameters: a number that belongs to no layer, then a norm's gain and bias, or a linear layer's weight and bias.
constexpr NormSlot kNorm{.gain = {1, kWidth}, .bias = {1 + kWidth, kWidth}};
constexpr LinearSlot kLinear{.weight = {1, kOut* kWidth}, .bias = {1 + kOut * kWidth, kOut}, .out = kOut, .in = kWidth};
constexpr LinearSlot kWithoutBias{.weight = kLinear.weight, .bias = {}, .out = kOut, .in = kWidth};

// What a pass refers to.
template <typename T>
struct Setting {
  Architecture architecture;
  TrainingOptions options;
  RopeTable<T> rope{Architecture{}, 0};

  explicit Setting(NormKind norm = NormKind::kRms) {
    architecture.norm = norm;
    architecture.norm_eps = 1e-5;
  }

  template <typename E>
  Pass<T, E> Of(const T* parameters, const E* operands, T* gradients) const {
    return {.architecture = architecture,
            .options = options,
            .parameters = parameters,
            .operands = operands,
            .gradients = gradients,
            .document_begin = {},
            .positions = {},
            .rope = rope};
  }
};

std::vector<double> WithoutBefore(std::vector<double> gradient) {
  for (double& value : gradient) value -= kBefore;
  return gradient;
}

// More rows than shards, as many, fewer, one.
constexpr int64_t kRows[] = {1, 7, kRowShards, 2 * kRowShards + 5};

TEST(PassTest, RowShardsCoverTheRowsOnce) {
  for (const int64_t rows : {0, 1, 15, 16, 17, 37, 1000}) {
    std::vector<int> seen(rows);
    std::vector<int64_t> begins(kRowShards, -1);
    ForRowShards(rows, [&](int64_t shard, int64_t begin, int64_t end) {
      begins[shard] = begin;
      for (int64_t row = begin; row < end; ++row) ++seen[row];
    });
    EXPECT_THAT(seen, ::testing::Each(1)) << rows;
    EXPECT_EQ(begins[0], rows > 0 ? 0 : -1) << rows;
  }
}

TEST(PassTest, LinearGradientMatchesFiniteDifferences) {
  const Setting<double> setting;
  for (const LinearSlot& linear : {kLinear, kWithoutBias}) {
    for (const int64_t rows : kRows) {
      const std::vector<double> parameters = Gaussians<double>(1 + kOut * kWidth + kOut, 1),
                                x = Gaussians<double>(rows * kWidth, 2), dy = Gaussians<double>(rows * kOut, 3);
      std::vector<double> gradients(parameters.size(), kBefore), dx(x.size(), kBefore), overwritten(x.size(), 7);
      const auto pass = setting.Of(parameters.data(), parameters.data(), gradients.data());
      LinearBackward(pass, linear, rows, x.data(), dy.data(), true, dx.data());
      const auto loss = [&](Doubles values, Doubles input) {
        std::vector<double> y(rows * kOut, 1.0);
        LinearForward(setting.Of(values.data(), values.data(), static_cast<double*>(nullptr)), linear, rows,
                      input.data(), true, y.data());
        return Dot(dy, y);
      };
      CheckGradient([&](Doubles values) { return loss(values, x); }, parameters, WithoutBefore(gradients));
      CheckGradient([&](Doubles input) { return loss(parameters, input); }, x, WithoutBefore(dx));

      std::vector<double> again(parameters.size(), kBefore);
      const auto second = setting.Of(parameters.data(), parameters.data(), again.data());
      LinearBackward(second, linear, rows, x.data(), dy.data(), false, overwritten.data());
      for (size_t i = 0; i < dx.size(); ++i) EXPECT_NEAR(overwritten[i], dx[i] - kBefore, 1e-14);
      LinearBackward(second, linear, rows, x.data(), dy.data(), false, static_cast<double*>(nullptr));
      for (size_t i = 0; i < again.size(); ++i) EXPECT_NEAR(again[i] - gradients[i], gradients[i] - kBefore, 1e-13);
    }
  }
}

TEST(PassTest, LinearForwardOverwritesOrAdds) {
  const Setting<double> setting;
  const std::vector<double> parameters = Gaussians<double>(1 + kOut * kWidth + kOut, 1),
                            x = Gaussians<double>(4 * kWidth, 2);
  const auto pass = setting.Of(parameters.data(), parameters.data(), static_cast<double*>(nullptr));
  std::vector<double> y(4 * kOut, 7), sum(4 * kOut, kBefore);
  LinearForward(pass, kLinear, 4, x.data(), false, y.data());
  LinearForward(pass, kLinear, 4, x.data(), true, sum.data());
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t j = 0; j < kOut; ++j) {
      const double expected = parameters[kLinear.bias.offset + j] +
                              Dot(Doubles(x).subspan(i * kWidth, kWidth),
                                  Doubles(parameters).subspan(kLinear.weight.offset + j * kWidth, kWidth));
      EXPECT_NEAR(y[i * kOut + j], expected, 1e-14);
      EXPECT_NEAR(sum[i * kOut + j], kBefore + expected, 1e-14);
    }
  }
}

// Products in float and in bfloat16 (whose operands are rounded first) against double.
template <typename E>
void CheckLinear() {
  constexpr int64_t kTall = 37;
  const Setting<float> setting;
  const auto operands = [](const std::vector<float>& values) {
    std::vector<E> result(values.size());
    ConvertRow(values.data(), std::ssize(values), result.data());
    return result;
  };
  const auto wide = [](const std::vector<E>& values) {
    std::vector<float> result(values.size());
    ConvertRow(values.data(), std::ssize(values), result.data());
    return testing::Widen(result);
  };
  const std::vector<float> parameters = Gaussians<float>(1 + kOut * kWidth + kOut, 1);
  const std::vector<E> weights = operands(parameters), x = operands(Gaussians<float>(kTall * kWidth, 2)),
                       dy = operands(Gaussians<float>(kTall * kOut, 3));
  std::vector<float> gradients(parameters.size()), dx(x.size());
  LinearBackward(setting.Of(parameters.data(), weights.data(), gradients.data()), kLinear, kTall, x.data(), dy.data(),
                 false, dx.data());

  const std::vector<double> wide_weights = wide(weights), wide_x = wide(x), wide_dy = wide(dy);
  const auto run = [&](const std::vector<double>& w, const std::vector<double>& input, const std::vector<double>& d) {
    std::vector<double> all(parameters.size()), to_input(x.size());
    LinearBackward(Setting<double>().Of(w.data(), w.data(), all.data()), kLinear, kTall, input.data(), d.data(), false,
                   to_input.data());
    all.insert(all.end(), to_input.begin(), to_input.end());
    return all;
  };
  const auto sizes_of = [](std::vector<double> values) {
    for (double& value : values) value = std::abs(value);
    return values;
  };
  const std::vector<double> exact = run(wide_weights, wide_x, wide_dy);
  const std::vector<double> sizes = run(sizes_of(wide_weights), sizes_of(wide_x), sizes_of(wide_dy));
  std::vector<float> actual = gradients;
  actual.insert(actual.end(), dx.begin(), dx.end());
  // No sum has more than kTall terms.
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], exact[i], (kTall + 2) * kRounding<float> * sizes[i]) << i;
  }
}

TEST(PassTest, LinearGradientInFloatMatchesDouble) { CheckLinear<float>(); }

TEST(PassTest, LinearGradientInBFloat16MatchesDouble) {
  if (!GemmBf16Supported()) GTEST_SKIP() << "no products of bfloat16 on this machine";
  CheckLinear<BFloat16>();
}

TEST(PassTest, NormGradientMatchesFiniteDifferences) {
  for (const NormKind norm : {NormKind::kRms, NormKind::kLayer}) {
    const Setting<double> setting(norm);
    for (const int64_t rows : kRows) {
      const std::vector<double> parameters = Gaussians<double>(1 + 2 * kWidth, 1),
                                dy = Gaussians<double>(rows * kWidth, 3);
      const std::vector<double> x = Gaussians<double>(rows * kWidth, 2);
      std::vector<double> gradients(parameters.size(), kBefore), dx(x.size(), kBefore);
      NormBackward(setting.Of(parameters.data(), parameters.data(), gradients.data()), kNorm, Doubles(x), Doubles(dy),
                   dx.data());
      const auto loss = [&](Doubles values, Doubles input) {
        std::vector<double> y(x.size());
        NormForward(setting.Of(values.data(), values.data(), static_cast<double*>(nullptr)), kNorm, input, y.data());
        return Dot(dy, y);
      };
      CheckGradient([&](Doubles values) { return loss(values, x); }, parameters, WithoutBefore(gradients));
      CheckGradient([&](Doubles input) { return loss(parameters, input); }, x, WithoutBefore(dx));
    }
  }
}

}  // namespace
}  // namespace bantam
