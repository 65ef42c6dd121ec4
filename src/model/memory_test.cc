#include "model/memory.h"

#include "model/families.h"
#include "testing/public_configs.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

Architecture Public(std::string_view name) {
  for (const testing::PublicConfig& config : testing::kPublicConfigs) {
    if (config.name != name) continue;
    const Json json = Json::parse(config.json);
    return FamilyForHf(json, std::string(name)).FromHf(json, std::string(name));
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(Memory, CountsArePublishedCounts) {
  for (const testing::PublicConfig& config : testing::kPublicConfigs) {
    EXPECT_EQ(CountParameters(Public(config.name)).total, config.parameters) << config.name;
  }
}

TEST(Memory, ActiveParametersLeaveOutIdleExpertsAndTheEmbeddingRow) {
  // Mixtral by hand: attention 2 * 4096 * 4096 + 2 * 1024 * 4096, router 8 * 4096, two of eight experts, two norms; in 32
  // layers; then the last norm and the head.
  const int64_t attention = 2 * 4096 * 4096 + 2 * 1024 * 4096;
  const int64_t experts = 2 * 3 * int64_t{4096} * 14336;
  const int64_t expected = 32 * (attention + 8 * 4096 + experts + 2 * 4096) + 4096 + 32000 * 4096;
  const ParameterCounts mixtral = CountParameters(Public("Mixtral-8x7B-v0.1"));
  EXPECT_EQ(mixtral.active, expected);
  EXPECT_EQ(mixtral.embedding, 2 * 32000 * 4096);
  // A tied head is a matrix of every token, GPT-2's table of positions is not.
  const ParameterCounts gpt2 = CountParameters(Public("gpt2"));
  EXPECT_EQ(gpt2.active, gpt2.total - 1024 * 768);
  EXPECT_EQ(gpt2.embedding, 50257 * 768);
}

TEST(Memory, KvBytes) {
  const Architecture llama = Public("Llama-3.2-1B");
  EXPECT_EQ(KvBytesPerToken(llama, DType::kF16), 16 * 2 * 512 * 2);
  EXPECT_EQ(KvBytesPerToken(llama, DType::kBF16), 32768);
  EXPECT_EQ(KvBytesPerToken(llama, DType::kF32), 65536);
  EXPECT_EQ(KvBytesPerToken(llama, DType::kQ8_0), 16 * 2 * 512 / 32 * 34);
  EXPECT_EQ(KvBytes(llama, DType::kF16, 131072), int64_t{131072} * 32768);
  EXPECT_EQ(KvBytes(llama, DType::kF16, 0), 0);

  // 13 of 26 layers keep at most 4096 tokens.
  const Architecture gemma = Public("gemma-2-2b");
  const int64_t per_layer = 2 * 4 * 256 * 2;
  EXPECT_EQ(KvBytes(gemma, DType::kF16, 8192), 13 * per_layer * (8192 + 4096));
  EXPECT_EQ(KvBytes(gemma, DType::kF16, 1000), 26 * per_layer * 1000);
  EXPECT_EQ(KvBytesPerToken(gemma, DType::kF16), 26 * per_layer);
}

TEST(Memory, KvTypesThatCannotBe) {
  EXPECT_BANTAM_ERROR(KvBytesPerToken(Public("gpt2"), DType::kQ4_K), ErrorCode::kUsage, HasSubstr("Q4_K"));
  const Json config = testing::RandomModelConfig("llama");  // heads of 16
  const Architecture small = FamilyForHf(config, "").FromHf(config, "");
  EXPECT_BANTAM_ERROR(KvBytesPerToken(small, DType::kQ8_0), ErrorCode::kUsage, HasSubstr("divides by 32, not 16"));
}

}  // namespace
}  // namespace bantam
