#include "model/architecture.h"

#include <cmath>
#include <functional>
#include <limits>

#include "model/families.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

Architecture Parse(const std::string& name) {
  const Json config = testing::RandomModelConfig(name);
  return FamilyForHf(config, name).FromHf(config, name);
}

TEST(Architecture, ValidateNamesTheFieldThatIsWrong) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  struct Case {
    std::function<void(Architecture&)> spoil;
    const char* message;
  };
  const Case cases[] = {
      {[](Architecture& a) { a.layers = 0; }, "layers: 0"},
      {[](Architecture& a) { a.layers = 513; }, "layers: 513"},
      {[](Architecture& a) { a.d_model = -64; }, "model width: -64"},
      {[](Architecture& a) { a.heads = std::numeric_limits<int64_t>::max(); }, "heads: 9223372036854775807"},
      {[](Architecture& a) { a.kv_heads = 3; }, "heads: 4 is not a multiple of key/value heads = 3"},
      {[](Architecture& a) { a.kv_heads = 8; }, "key/value heads: 8"},
      {[](Architecture& a) { a.head_dim = 0; }, "head dimension: 0"},
      {[](Architecture& a) { a.heads = a.kv_heads = a.head_dim = 1 << 20; }, "heads * head dimension"},
      {[](Architecture& a) { a.d_ff = 0; }, "feed-forward width: 0"},
      {[](Architecture& a) { a.vocab_size = int64_t{1} << 40; }, "vocabulary size"},
      {[](Architecture& a) { a.context_length = 0; }, "context length: 0"},
      {[](Architecture& a) { a.norm_eps = 0.0; }, "norm epsilon: 0"},
      {[=](Architecture& a) { a.norm_eps = kNan; }, "norm epsilon: nan"},
      {[](Architecture& a) { a.rope_dim = 15; }, "rotated dimensions: 15"},
      {[](Architecture& a) { a.rope_dim = a.head_dim + 2; }, "rotated dimensions: 34"},
      {[](Architecture& a) { a.rope_theta = -1.0; }, "rope theta: -1"},
      {[](Architecture& a) { a.rope_linear_factor = 0.0; }, "rope scaling factor: 0"},
      {[](Architecture& a) { a.rope_freq_factors = {1.0F}; }, "1 for 16 pairs"},
      {[](Architecture& a) { a.rope_freq_factors.assign(16, 0.0F); }, "rope frequency factor: 0"},
      {[](Architecture& a) { a.attention_scale = 0.0; }, "attention scale: 0"},
      {[](Architecture& a) { a.attention_soft_cap = -1.0; }, "attention soft cap: -1"},
      {[](Architecture& a) { a.logit_soft_cap = INFINITY; }, "logit soft cap: inf"},
      {[](Architecture& a) { a.sliding_window = -1; }, "sliding window: -1"},
      {[](Architecture& a) { a.sliding_pattern = 0; }, "sliding pattern: 0"},
      {[=](Architecture& a) { a.embedding_scale = kNan; }, "embedding scale: nan"},
      {[](Architecture& a) { a.moe->experts = 1025; }, "experts: 1025"},
      {[](Architecture& a) { a.moe->experts_used = 9; }, "experts used: 9"},
      {[](Architecture& a) { a.moe->expert_ff = 0; }, "width of an expert: 0"},
      {[](Architecture& a) { a.moe->shared_ff = -1; }, "width of the shared expert: -1"},
      {[](Architecture& a) { a.moe->shared_gate = true, a.moe->shared_ff = 0; }, "a gate is there"},
      {[](Architecture& a) { a.moe->leading_dense_layers = a.layers; }, "leading dense layers: 3"},
      {[](Architecture& a) { a.moe->weights_scale = 0.0; }, "scale of the expert weights: 0"},
      {[](Architecture& a) { a.position = PositionKind::kLearned; }, "learned positions: 32"},
  };
  const Architecture good = Parse("dots1");
  good.Validate("here");
  for (const Case& c : cases) {
    Architecture bad = good;
    c.spoil(bad);
    EXPECT_BANTAM_ERROR(bad.Validate("config.json"), ErrorCode::kFormat, HasSubstr(c.message));
    EXPECT_BANTAM_ERROR(bad.Validate("config.json"), ErrorCode::kFormat, HasSubstr("config.json: "));
  }
}

TEST(Architecture, LayersSlideByThePattern) {
  Architecture a = Parse("gemma2");
  EXPECT_TRUE(a.LayerSlides(0));
  EXPECT_FALSE(a.LayerSlides(1));
  EXPECT_TRUE(a.LayerSlides(2));
  a.sliding_pattern = 1;
  EXPECT_TRUE(a.LayerSlides(1));
  a.sliding_window = 0;
  EXPECT_FALSE(a.LayerSlides(0));
}

std::string ShapeOf(const std::vector<TensorSpec>& specs, std::string_view name) {
  for (const TensorSpec& spec : specs) {
    if (spec.name == name) return ToString(spec.shape);
  }
  return "absent";
}

// Shapes written out from llama.cpp's loader (src/models/*.cpp, with its dimensions reversed).
TEST(Architecture, TensorSpecsHaveLlamaCppShapes) {
  const auto gpt2 = TensorSpecs(Parse("gpt2"));
  EXPECT_EQ(ShapeOf(gpt2, "position_embd.weight"), "[256, 96]");
  EXPECT_EQ(ShapeOf(gpt2, "blk.2.attn_qkv.weight"), "[288, 96]");
  EXPECT_EQ(ShapeOf(gpt2, "blk.2.attn_qkv.bias"), "[288]");
  EXPECT_EQ(ShapeOf(gpt2, "blk.2.ffn_up.weight"), "[384, 96]");
  EXPECT_EQ(ShapeOf(gpt2, "blk.2.ffn_gate.weight"), "absent");
  EXPECT_EQ(ShapeOf(gpt2, "output_norm.bias"), "[96]");
  EXPECT_EQ(ShapeOf(gpt2, "output.weight"), "absent");
  EXPECT_EQ(gpt2.size(), 2U + 3U * 12U + 2U);

  const auto dots = TensorSpecs(Parse("dots1"));
  EXPECT_EQ(ShapeOf(dots, "blk.0.ffn_gate.weight"), "[160, 64]");
  EXPECT_EQ(ShapeOf(dots, "blk.0.ffn_gate_inp.weight"), "absent");
  EXPECT_EQ(ShapeOf(dots, "blk.1.ffn_gate.weight"), "absent");
  EXPECT_EQ(ShapeOf(dots, "blk.1.ffn_gate_inp.weight"), "[8, 64]");
  EXPECT_EQ(ShapeOf(dots, "blk.1.exp_probs_b.bias"), "[8]");
  EXPECT_EQ(ShapeOf(dots, "blk.1.ffn_down_exps.weight"), "[8, 64, 64]");
  EXPECT_EQ(ShapeOf(dots, "blk.1.ffn_up_shexp.weight"), "[128, 64]");
  EXPECT_EQ(ShapeOf(dots, "blk.1.attn_q_norm.weight"), "[32]");
  EXPECT_EQ(ShapeOf(dots, "blk.1.attn_output.weight"), "[64, 128]");

  const auto olmoe = TensorSpecs(Parse("olmoe"));
  EXPECT_EQ(ShapeOf(olmoe, "blk.0.attn_q_norm.weight"), "[64]");
  EXPECT_EQ(ShapeOf(TensorSpecs(Parse("qwen2moe")), "blk.0.ffn_gate_inp_shexp.weight"), "[64]");
  EXPECT_EQ(ShapeOf(TensorSpecs(Parse("gemma2")), "blk.3.post_ffw_norm.weight"), "[64]");
  EXPECT_EQ(ShapeOf(TensorSpecs(Parse("llama:llama3")), "rope_freqs.weight"), "[16]");
  EXPECT_EQ(ShapeOf(TensorSpecs(Parse("llama:bias")), "blk.0.attn_k.bias"), "[32]");
  EXPECT_EQ(ShapeOf(TensorSpecs(Parse("llama:bias")), "blk.0.ffn_gate.bias"), "[160]");
}

}  // namespace
}  // namespace bantam
