#include "text/tokenizer_json_writer.h"

#include <algorithm>

#include "base/file.h"
#include "formats/hf_folder.h"
#include "testing/testing.h"
#include "text/test_tokenizers.h"
#include "text/tokenizer.h"

namespace bantam {
namespace {

using bantam::testing::TemporaryFolder;
using bantam::testing::ThroughGguf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TrainedBpe Trained(std::vector<std::string> special_tokens) {
  WordCounts corpus(std::move(special_tokens));
  corpus.Add("the eel and the bell, the quay and the ink: caf\u00e9 caf\u00e9 'moon' 'moon' . . ,");
  return TrainBpe(corpus, {.vocab_size = static_cast<int64_t>(corpus.special_tokens().size()) + 256 + 12});
}

TrainedBpe House() { return Trained({std::string(kDocumentEnd), std::string(kTurnStart), std::string(kTurnEnd)}); }

Vocabulary WriteAndRead(const TrainedBpe& bpe, const TokenizerFolderOptions& options = {}) {
  const TemporaryFolder folder;
  WriteTokenizerFolder(bpe, options, folder / "made/on/the/way");
  return Vocabulary::FromHf(HfFolder::OpenTokenizer(folder / "made/on/the/way"));
}

TEST(TokenizerJsonWriter, TokensAndMergesComeBack) {
  const TrainedBpe bpe = House();
  const Vocabulary vocabulary = WriteAndRead(bpe);
  ASSERT_EQ(vocabulary.tokens.size(), static_cast<size_t>(bpe.size()));
  const std::vector<std::string> texts = bpe.TokenBytes();
  const Tokenizer tokenizer(vocabulary);
  for (int32_t id = 0; id < bpe.size(); ++id)
    EXPECT_EQ(tokenizer.TokenBytes(id, false), texts[static_cast<size_t>(id)]);
  ASSERT_EQ(vocabulary.merges.size(), bpe.merges.size());
  for (size_t i = 0; i < bpe.merges.size(); ++i) {
    EXPECT_EQ(vocabulary.merges[i].left, bpe.merges[i].first);
    EXPECT_EQ(vocabulary.merges[i].right, bpe.merges[i].second);
    EXPECT_EQ(vocabulary.merges[i].result, static_cast<int32_t>(3 + 256 + i));
  }
}

TEST(TokenizerJsonWriter, HouseTokensHaveTheirRoles) {
  const Vocabulary vocabulary = WriteAndRead(House(), {.chat_template = "{{ messages[0].content }}"});
  for (const Vocabulary& v : {vocabulary, ThroughGguf(vocabulary)}) {
    EXPECT_EQ(v.bos, 0);
    EXPECT_EQ(v.pad, 0);
    EXPECT_EQ(v.eos, 2);
    EXPECT_EQ(v.unk, std::nullopt);
    EXPECT_THAT(v.end_of_generation, ElementsAre(0, 2));
    EXPECT_FALSE(v.add_bos);
    EXPECT_FALSE(v.add_eos);
    EXPECT_FALSE(v.clean_up_spaces);
    EXPECT_EQ(v.chat_template, "{{ messages[0].content }}");
    for (size_t id = 0; id < 4; ++id) EXPECT_EQ(v.types[id], id < 3 ? TokenType::kControl : TokenType::kNormal);
  }
}

TEST(TokenizerJsonWriter, TheGgufEncodesAndDecodesAlike) {
  const Vocabulary vocabulary = WriteAndRead(House());
  const Tokenizer hf(vocabulary), gguf(ThroughGguf(vocabulary));
  for (const std::string text :
       {"the eel , the 'moon' . It 's ink", "<|im_start|>user\ncaf\u00e9<|im_end|>\n", "\n\n  \u00a0 the\t", ""}) {
    SCOPED_TRACE(text);
    const auto ids = hf.Encode(text, {.parse_special = true});
    EXPECT_EQ(gguf.Encode(text, {.parse_special = true}), ids);
    EXPECT_EQ(hf.Decode(ids, false), text);
    EXPECT_EQ(gguf.Decode(ids, false), text);
  }
}

TEST(TokenizerJsonWriter, OtherSpecialTokens) {
  const Vocabulary documents = WriteAndRead(Trained({"<x>", std::string(kDocumentEnd)}));
  EXPECT_EQ(documents.bos, 1);
  EXPECT_EQ(documents.eos, 1);
  EXPECT_THAT(documents.end_of_generation, ElementsAre(1));
  const Vocabulary strange = WriteAndRead(Trained({"<x>"}));
  EXPECT_EQ(strange.bos, std::nullopt);
  EXPECT_EQ(strange.eos, std::nullopt);
  EXPECT_THAT(strange.end_of_generation, IsEmpty());
  EXPECT_EQ(WriteAndRead(Trained({})).tokens.size(), 256U + 12);
}

TEST(TokenizerJsonWriter, FilesSayWhatReadersExpect) {
  const Json json = TokenizerJson(House());
  EXPECT_EQ(json["version"], "1.0");
  EXPECT_TRUE(json["normalizer"].is_null());
  EXPECT_EQ(json["model"]["type"], "BPE");
  EXPECT_EQ(json["model"]["vocab"].begin().key(), "<|endoftext|>");
  EXPECT_EQ(json["model"]["merges"].size(), 12U);
  EXPECT_EQ(json["pre_tokenizer"],
            Json({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}}));

  const TemporaryFolder folder;
  WriteTokenizerFolder(House(), {.model_max_length = 512}, folder.path());
  const HfFolder read = HfFolder::OpenTokenizer(folder.path());
  EXPECT_EQ((*read.tokenizer_config)["tokenizer_class"], "PreTrainedTokenizerFast");
  EXPECT_EQ((*read.tokenizer_config)["model_max_length"], 512);
  EXPECT_EQ((*read.tokenizer_config)["added_tokens_decoder"]["2"]["content"], "<|im_end|>");
  EXPECT_FALSE(read.tokenizer_config->contains("chat_template"));
  EXPECT_EQ((*read.special_tokens_map)["eos_token"], "<|im_end|>");
  EXPECT_EQ((*read.generation_config)["eos_token_id"], Json({2, 0}));
}

TEST(TokenizerJsonWriter, ABrokenTemplateIsNotWritten) {
  const TemporaryFolder folder;
  EXPECT_BANTAM_ERROR(WriteTokenizerFolder(House(), {.chat_template = "{% if %}"}, folder.path()), ErrorCode::kFormat,
                      HasSubstr("chat template"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace bantam
