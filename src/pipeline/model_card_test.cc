#include "pipeline/model_card.h"

#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ModelCardTest, ReadsTheFrontMatter) {
  const ModelCard card = ParseModelCard(
      "---\r\n"
      "language:\n- en\n"
      "license: other\n"
      "license_name: \"my terms\"\n"
      "license_link: 'https://example.org/a:b'\n"
      "base_model:\n  - meta-llama/Llama-3.2-1B\n- second\n"
      "tags: [a, b]\n"
      "---\n"
      "license: not this one\n");
  EXPECT_EQ(card.license, "other");
  EXPECT_EQ(card.license_name, "my terms");
  EXPECT_EQ(card.license_link, "https://example.org/a:b");
  EXPECT_THAT(card.base_models, ElementsAre("meta-llama/Llama-3.2-1B", "second"));
}

TEST(ModelCardTest, ReadsInlineLists) {
  EXPECT_THAT(ParseModelCard("---\nbase_model: [ a/b , \"c/d\", ]\n---").base_models, ElementsAre("a/b", "c/d"));
}

TEST(ModelCardTest, OddCardsSayNothing) {
  for (const char* odd : {"", "# Title\nlicense: mit\n", "---", "---\n", "---\n:\n- \n-\n[\n---\n", "---\nlicense\n",
                          "---\nbase_model: []\n", "---\n  license: nested\n"}) {
    const ModelCard card = ParseModelCard(odd);
    EXPECT_EQ(card.license, "") << odd;
    EXPECT_THAT(card.base_models, IsEmpty()) << odd;
  }
}

TEST(ModelCardTest, WritesTheKeysOfLlamaCpp) {
  GgufMetadata metadata("test");
  WriteModelCard({"apache-2.0", "", "", {"org/model", "plain"}}, metadata);
  EXPECT_EQ(metadata.GetString("general.license"), "apache-2.0");
  EXPECT_EQ(metadata.Find("general.license.name"), nullptr);
  EXPECT_EQ(metadata.GetUint("general.base_model.count"), 2u);
  EXPECT_EQ(metadata.GetString("general.base_model.0.name"), "model");
  EXPECT_EQ(metadata.GetString("general.base_model.0.organization"), "org");
  EXPECT_EQ(metadata.GetString("general.base_model.0.repo_url"), "https://huggingface.co/org/model");
  EXPECT_EQ(metadata.GetString("general.base_model.1.name"), "plain");
}

}  // namespace
}  // namespace bantam
