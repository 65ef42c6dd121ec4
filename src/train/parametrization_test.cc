// Full, frozen, LoRA and QAT parametrisations: what the model sees, and gradients against finite differences.
#include "train/parametrization.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/rng.h"
#include "testing/testing.h"
#include "train/fake_quant.h"
#include "train/initial_weights.h"
#include "train/test_model.h"

namespace bantam {
namespace {

using bantam::testing::BigramModel;
using bantam::testing::SmallArchitecture;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

const char* const kQ = "blk\\.[01]\\.attn_q\\.weight";

std::vector<float> Gaussians(int64_t count, uint64_t seed, double deviation = 1.0) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(deviation * rng.NextGaussian());
  return values;
}

class ParametrizationTest : public ::testing::Test {
 protected:
  Parametrization Make(const ParametrizationOptions& options) {
    return Parametrization(model_.layout(), weights_, options, "recipe.yaml");
  }
  std::span<const float> Tensor(std::span<const float> weights, const std::string& name) const {
    const auto& entry = model_.layout().At(name);
    return weights.subspan(entry.offset, entry.size);
  }
  std::vector<float> Copy(std::span<const float> values) { return {values.begin(), values.end()}; }

  // dL/dvalues of L = sum c W(values) against central differences, L computed in double.
  void CheckGradient(Parametrization& parametrization, const std::vector<float>& values, double tolerance) {
    const std::vector<float> c = Gaussians(model_.layout().size(), 77);
    std::vector<float> gradient(values.size());
    parametrization.PullBack(values, c, gradient);
    const auto loss = [&](const std::vector<float>& at) {
      double sum = 0.0;
      const std::span<const float> w = parametrization.Weights(at);
      for (size_t i = 0; i < c.size(); ++i) sum += static_cast<double>(c[i]) * w[i];
      return sum;
    };
    Rng rng(5);
    for (int probe = 0; probe < 40; ++probe) {
      const auto i = rng.NextBelow(values.size());
      std::vector<float> up = values, down = values;
      up[i] += 0.0625f;
      down[i] -= 0.0625f;
      EXPECT_NEAR((loss(up) - loss(down)) / 0.125, gradient[i], tolerance * (1.0 + std::abs(gradient[i]))) << i;
    }
  }

  BigramModel model_{SmallArchitecture()};
  std::vector<float> weights_ = Gaussians(model_.layout().size(), 1, 0.1);
};

TEST_F(ParametrizationTest, FullIsTheWeightsThemselves) {
  Parametrization full = Make({});
  EXPECT_EQ(full.size(), model_.layout().size());
  const std::vector<float> values = full.InitialValues();
  EXPECT_EQ(values, weights_);
  EXPECT_EQ(Copy(full.Weights(values)), weights_);
  CheckGradient(full, values, 1e-3);
}

TEST_F(ParametrizationTest, FrozenTensorsKeepTheirWeights) {
  Parametrization part = Make({.freeze = {"output_norm\\.weight", "blk\\.0\\..*"}});
  for (const Parametrization::Trainable& t : part.trainables()) {
    EXPECT_NE(t.name, "output_norm.weight");
    EXPECT_FALSE(t.name.starts_with("blk.0."));
  }
  EXPECT_LT(part.size(), model_.layout().size());
  const std::vector<float> values(part.size(), 9.0f);
  const std::vector<float> w = Copy(part.Weights(values));
  EXPECT_EQ(Copy(Tensor(w, "blk.0.ffn_up.weight")), Copy(Tensor(weights_, "blk.0.ffn_up.weight")));
  EXPECT_THAT(Copy(Tensor(w, "blk.1.ffn_up.weight")), Each(9.0f));
  CheckGradient(part, part.InitialValues(), 1e-3);
}

TEST_F(ParametrizationTest, MatricesDecayAndEmbeddingsWhenAskedTo) {
  const auto decays = [](const Parametrization& parametrization, const std::string& name) {
    const auto& all = parametrization.trainables();
    return std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.name == name; })->decays;
  };
  const Parametrization without = Make({}), with = Make({.decay_embeddings = true});
  EXPECT_TRUE(decays(without, "blk.0.attn_q.weight"));
  EXPECT_TRUE(decays(without, "output.weight"));
  EXPECT_FALSE(decays(without, "blk.0.attn_norm.weight"));
  EXPECT_FALSE(decays(without, "token_embd.weight"));
  EXPECT_TRUE(decays(with, "token_embd.weight"));
  EXPECT_FALSE(decays(with, "output_norm.weight"));
}

TEST_F(ParametrizationTest, LoraBeginsAtTheModelAndAddsAProduct) {
  Parametrization lora = Make({.lora = LoraOptions{.rank = 4, .alpha = 8.0, .targets = {kQ}}, .seed = 3});
  ASSERT_EQ(lora.trainables().size(), 4u);  // A and B of two matrices
  EXPECT_EQ(lora.size(), 2 * (4 * 32 + 32 * 4));
  std::vector<float> values = lora.InitialValues();
  EXPECT_EQ(Copy(lora.Weights(values)), weights_);
  double a_square = 0.0;
  for (int64_t i = 0; i < 128; ++i) a_square += values[i] * values[i];
  EXPECT_NEAR(a_square / 128 * 32, 1.0, 0.5);  // entries of variance 1 / in
  values = Gaussians(lora.size(), 8);
  const std::vector<float> w = Copy(lora.Weights(values));
  const auto merged = Tensor(w, "blk.0.attn_q.weight"), base = Tensor(weights_, "blk.0.attn_q.weight");
  for (int64_t row = 0; row < 32; ++row) {
    for (int64_t column = 0; column < 32; ++column) {
      double product = 0.0;
      for (int64_t r = 0; r < 4; ++r) product += values[128 + row * 4 + r] * values[r * 32 + column];
      ASSERT_NEAR(merged[row * 32 + column], base[row * 32 + column] + 2.0 * product, 1e-5);
    }
  }
  EXPECT_EQ(Copy(Tensor(w, "blk.0.attn_k.weight")), Copy(Tensor(weights_, "blk.0.attn_k.weight")));
  CheckGradient(lora, values, 1e-3);
}

TEST_F(ParametrizationTest, LoraOfExpertsIsOnePerExpert) {
  Architecture a = SmallArchitecture();
  a.family = "olmoe";
  a.rope_style = RopeStyle::kHalf;
  a.moe = MoeArchitecture{.experts = 3, .experts_used = 2, .expert_ff = 32};
  const BigramModel model(a);
  const std::vector<float> weights = Gaussians(model.layout().size(), 1, 0.1);
  Parametrization lora(model.layout(), weights,
                       {.lora = LoraOptions{.rank = 2, .alpha = 2.0, .targets = {"blk\\.0\\.ffn_up_exps\\.weight"}}},
                       "r");
  EXPECT_EQ(lora.size(), 3 * (2 * 32 + 32 * 2));
  const std::vector<float> values = Gaussians(lora.size(), 8), c = Gaussians(model.layout().size(), 9);
  std::vector<float> gradient(values.size());
  lora.PullBack(values, c, gradient);
  // W of expert 2 at [5, 7] moves with B of expert 2 at [5, r] times A at [r, 7].
  const auto& entry = model.layout().At("blk.0.ffn_up_exps.weight");
  const int64_t at = entry.offset + (2 * 32 + 5) * 32 + 7;
  const float *a2 = values.data() + 2 * 64, *b2 = values.data() + 3 * 64 + 2 * 64;
  EXPECT_NEAR(lora.Weights(values)[at], weights[at] + b2[5 * 2] * a2[7] + b2[5 * 2 + 1] * a2[32 + 7], 1e-5);
  double expected = 0.0;  // dL/dB[5, 0] = sum over columns of dW[5, column] A[0, column]
  for (int64_t column = 0; column < 32; ++column) expected += c[at - 7 + column] * a2[column];
  EXPECT_NEAR(gradient[3 * 64 + 2 * 64 + 5 * 2], expected, 1e-4);
}

TEST(FakeQuantTest, RoundsToTheGridOfItsGroup) {
  std::vector<float> w(64, 0.0f);
  for (int i = 0; i < 32; ++i) w[i] = static_cast<float>(i - 16) / 16.0f;
  FakeQuantInt4(w);
  const double s = 1.0 / 7.5;
  for (int i = 0; i < 32; ++i) {
    const double q = std::clamp(std::round((i - 16) / 16.0 / s), -8.0, 7.0);
    EXPECT_NEAR(w[i], s * q, 1e-6) << i;
  }
  EXPECT_NEAR(w[0], -8.0 * s, 1e-6);  // -1 is -7.5 steps, which rounds to even
  for (int i = 32; i < 64; ++i) EXPECT_EQ(w[i], 0.0f);
  std::vector<float> largest(32, 1.0f);
  FakeQuantInt4(largest);
  EXPECT_NEAR(largest[0], 7.0 * s, 1e-6);  // +1 rounds to 8 and is clamped
}

TEST_F(ParametrizationTest, QatRoundsAndItsGradientGoesStraightThrough) {
  const QatOptions targets{.targets = {"blk\\.[01]\\.ffn_.*", "token_embd\\.weight"}};
  Parametrization qat = Make({.freeze = {"blk\\.0\\..*"}, .qat = targets});
  const std::vector<float> values = qat.InitialValues();
  const std::vector<float> w = Copy(qat.Weights(values));
  for (const char* name : {"blk.0.ffn_up.weight", "blk.1.ffn_down.weight", "token_embd.weight"}) {
    SCOPED_TRACE(name);
    std::vector<float> expected = Copy(Tensor(weights_, name));
    FakeQuantInt4(expected);
    EXPECT_NE(Copy(Tensor(weights_, name)), expected);
    EXPECT_EQ(Copy(Tensor(w, name)), expected);
  }
  EXPECT_EQ(Copy(Tensor(w, "blk.0.ffn_norm.weight")), Copy(Tensor(weights_, "blk.0.ffn_norm.weight")));
  EXPECT_EQ(Copy(qat.Weights(values)), w);  // rounding what was rounded would move it again
  EXPECT_EQ(Copy(qat.MasterWeights(values)), weights_);
  qat.Weights(values);
  EXPECT_EQ(qat.InitialValues(), values);  // of the beginning, whatever was computed since
  const std::vector<float> c = Gaussians(model_.layout().size(), 4);
  std::vector<float> gradient(values.size()), plain(values.size());
  qat.PullBack(values, c, gradient);
  Make({.freeze = {"blk\\.0\\..*"}}).PullBack(values, c, plain);
  EXPECT_EQ(gradient, plain);
}

TEST_F(ParametrizationTest, QatOnTopOfLora) {
  Parametrization both = Make({.lora = LoraOptions{.rank = 4, .alpha = 4.0, .targets = {kQ}}, .qat = QatOptions{{kQ}}});
  Parametrization lora = Make({.lora = LoraOptions{.rank = 4, .alpha = 4.0, .targets = {kQ}}});
  const std::vector<float> values = Gaussians(both.size(), 8, 0.1);
  const std::vector<float> merged = Copy(lora.Weights(values));
  std::vector<float> expected = Copy(Tensor(merged, "blk.1.attn_q.weight"));
  FakeQuantInt4(expected);
  EXPECT_EQ(Copy(Tensor(both.Weights(values), "blk.1.attn_q.weight")), expected);
  EXPECT_EQ(Copy(both.MasterWeights(values)), merged);
}

TEST_F(ParametrizationTest, PatternsThatChooseNothing) {
  const auto lora = [](const char* target) { return LoraOptions{.rank = 2, .alpha = 2.0, .targets = {target}}; };
  EXPECT_BANTAM_ERROR(Make({.lora = lora("attn_q")}), ErrorCode::kUsage,
                      AllOf(HasSubstr("recipe.yaml: lora.targets"), HasSubstr("'attn_q' matches no tensor")));
  EXPECT_BANTAM_ERROR(Make({.lora = lora(".*norm\\.weight")}), ErrorCode::kUsage, HasSubstr("hold no matrix"));
  EXPECT_BANTAM_ERROR(Make({.freeze = {"("}}), ErrorCode::kUsage, AllOf(HasSubstr("freeze"), HasSubstr("no regex")));
  EXPECT_BANTAM_ERROR(Make({.freeze = {".*"}}), ErrorCode::kUsage, HasSubstr("nothing is left to train"));
  EXPECT_BANTAM_ERROR(Make({.qat = QatOptions{{"output_norm.*"}}}), ErrorCode::kUsage, HasSubstr("qat.targets"));
}

TEST(InitialWeightsTest, FollowTheRecipe) {
  const Architecture a = SmallArchitecture(512);
  const ParameterLayout layout(a);
  const std::vector<float> w = InitialWeights(a, layout, 0.02, 1);
  EXPECT_EQ(InitialWeights(a, layout, 0.02, 1), w);
  EXPECT_NE(InitialWeights(a, layout, 0.02, 2), w);
  for (const ParameterLayout::Entry& entry : layout.entries()) {
    SCOPED_TRACE(entry.spec.name);
    double mean = 0.0, square = 0.0;
    for (int64_t i = entry.offset; i < entry.offset + entry.size; ++i) {
      mean += w[i] / static_cast<double>(entry.size);
      square += w[i] * w[i] / static_cast<double>(entry.size);
    }
    if (entry.spec.role == TensorRole::kNorm) {
      EXPECT_EQ(mean, 1.0);
      continue;
    }
    const bool residual =
        entry.spec.name.ends_with("attn_output.weight") || entry.spec.name.ends_with("ffn_down.weight");
    const double deviation = residual ? 0.01 : 0.02;  // 1 / sqrt(2 * 2 layers) = 1/2
    // At least 1024 values: the deviation is known to 1 / sqrt(2 * 1024) of itself, five times that is 11 %.
    EXPECT_NEAR(std::sqrt(square), deviation, 0.11 * deviation);
    EXPECT_NEAR(mean, 0.0, 5.0 * deviation / std::sqrt(static_cast<double>(entry.size)));
  }
}

}  // namespace
}  // namespace bantam
