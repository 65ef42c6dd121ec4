#include "formats/hf_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/safetensors.h"
#include "formats/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::WriteText;

class HfFolderTest : public ::testing::Test {
 protected:
  HfFolderTest() { Put("config.json", R"({"model_type": "llama"})"); }

  void Put(const std::string& name, std::string_view text) { WriteText(folder_ / name, text); }
  void PutWeights(const std::string& name) {
    WriteSafetensors(folder_ / name, {{"w." + name, Tensor::FromFloats({1}, std::vector<float>{1.0f})}});
  }
  HfFolder Open() { return HfFolder::Open(folder_.path()); }

  TemporaryFolder folder_;
};

TEST_F(HfFolderTest, ReadsEverything) {
  PutWeights("model.safetensors");
  Put("generation_config.json", R"({"eos_token_id": 2})");
  Put("tokenizer.json", R"({"model": {}})");
  Put("tokenizer_config.json", R"({"chat_template": "from config"})");
  Put("special_tokens_map.json", R"({"bos_token": "<s>"})");
  EXPECT_TRUE(HfFolder::LooksLike(folder_.path()));
  const HfFolder hf = Open();
  EXPECT_EQ(hf.path, folder_.path());
  EXPECT_EQ(hf.config.at("model_type"), "llama");
  EXPECT_EQ(hf.generation_config.value().at("eos_token_id"), 2);
  EXPECT_TRUE(hf.tokenizer.value().contains("model"));
  EXPECT_EQ(hf.special_tokens_map.value().at("bos_token"), "<s>");
  EXPECT_EQ(hf.chat_template, "from config");
  EXPECT_NE(hf.weights->Find("w.model.safetensors"), nullptr);
}

TEST_F(HfFolderTest, OptionalFilesMayBeAbsent) {
  PutWeights("model.safetensors");
  const HfFolder hf = Open();
  EXPECT_FALSE(hf.generation_config || hf.tokenizer || hf.tokenizer_config || hf.special_tokens_map ||
               hf.chat_template);
}

TEST_F(HfFolderTest, ChatTemplates) {
  PutWeights("model.safetensors");
  Put("tokenizer_config.json",
      R"({"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]})");
  EXPECT_EQ(Open().chat_template, "D");
  Put("tokenizer_config.json", R"({"chat_template": [{"name": "tool_use", "template": "T"}]})");
  EXPECT_EQ(Open().chat_template, std::nullopt);
  Put("tokenizer_config.json", R"({"chat_template": null})");
  EXPECT_EQ(Open().chat_template, std::nullopt);
  for (const char* bad : {R"({"chat_template": 1})", R"({"chat_template": ["x"]})",
                          R"({"chat_template": [{"name": "default"}]})", R"({"chat_template": [{"template": "x"}]})"}) {
    Put("tokenizer_config.json", bad);
    EXPECT_BANTAM_ERROR(Open(), ErrorCode::kFormat,
                        AllOf(HasSubstr("tokenizer_config.json"), HasSubstr("chat_template")));
  }
  Put("tokenizer_config.json", R"({"chat_template": "from config"})");
  Put("chat_template.jinja", "from the file");
  EXPECT_EQ(Open().chat_template, "from the file");
  Put("chat_template.jinja", "\xff");
  EXPECT_BANTAM_ERROR(Open(), ErrorCode::kFormat, AllOf(HasSubstr("chat_template.jinja"), HasSubstr("UTF-8")));
}

TEST_F(HfFolderTest, WeightsInTheOrderOfPreference) {
  PutWeights("other.safetensors");
  EXPECT_NE(Open().weights->Find("w.other.safetensors"), nullptr);
  PutWeights("another.safetensors");
  EXPECT_BANTAM_ERROR(Open(), ErrorCode::kFormat,
                      AllOf(HasSubstr(folder_.path().string()), HasSubstr("2 safetensors files")));
  PutWeights("model.safetensors");
  EXPECT_NE(Open().weights->Find("w.model.safetensors"), nullptr);
  Put("model.safetensors.index.json", R"({"weight_map": {"w.other.safetensors": "other.safetensors"}})");
  EXPECT_NE(Open().weights->Find("w.other.safetensors"), nullptr);
}

TEST_F(HfFolderTest, MissingPieces) {
  EXPECT_BANTAM_ERROR(Open(), ErrorCode::kIo, AllOf(HasSubstr(folder_.path().string()), HasSubstr("no weights")));
  Put("pytorch_model.bin", "");
  EXPECT_BANTAM_ERROR(Open(), ErrorCode::kUnsupported, AllOf(HasSubstr("pytorch_model.bin"), HasSubstr("safetensors")));
  std::filesystem::remove(folder_ / "pytorch_model.bin");
  Put("pytorch_model.bin.index.json", "{}");
  EXPECT_BANTAM_ERROR(Open(), ErrorCode::kUnsupported, HasSubstr("safetensors"));
  std::filesystem::remove(folder_ / "config.json");
  EXPECT_FALSE(HfFolder::LooksLike(folder_.path()));
  EXPECT_BANTAM_ERROR(Open(), ErrorCode::kIo, AllOf(HasSubstr(folder_.path().string()), HasSubstr("config.json")));
  EXPECT_BANTAM_ERROR(HfFolder::Open(folder_ / "absent"), ErrorCode::kIo, HasSubstr("absent"));
  EXPECT_BANTAM_ERROR(HfFolder::OpenTokenizer(folder_ / "absent"), ErrorCode::kIo, HasSubstr("absent"));
  EXPECT_FALSE(HfFolder::LooksLike(folder_ / "absent"));
}

TEST_F(HfFolderTest, BrokenJsonIsNamed) {
  PutWeights("model.safetensors");
  for (const char* name : {"generation_config.json", "tokenizer.json", "tokenizer_config.json",
                           "special_tokens_map.json", "config.json"}) {
    for (const char* bad : {"", "{", "[]", "7", "{\"a\":\"\xff\"}"}) {
      Put(name, bad);
      EXPECT_BANTAM_ERROR(Open(), ErrorCode::kFormat, HasSubstr(std::string("/") + name));
    }
    Put(name, "{}");
  }
}

TEST_F(HfFolderTest, TokenizerAlone) {
  std::filesystem::remove(folder_ / "config.json");
  const auto open = [&] { return HfFolder::OpenTokenizer(folder_.path()); };
  EXPECT_BANTAM_ERROR(open(), ErrorCode::kIo, AllOf(HasSubstr(folder_.path().string()), HasSubstr("tokenizer.json")));
  Put("tokenizer.model", "");
  EXPECT_BANTAM_ERROR(open(), ErrorCode::kUnsupported, HasSubstr("tokenizer.model"));
  Put("tokenizer.json", R"({"model": {}})");
  Put("chat_template.jinja", "x");
  const HfFolder hf = open();
  EXPECT_TRUE(hf.config.empty());
  EXPECT_EQ(hf.weights, nullptr);
  EXPECT_TRUE(hf.tokenizer.has_value());
  EXPECT_EQ(hf.chat_template, "x");
}

}  // namespace
}  // namespace bantam
