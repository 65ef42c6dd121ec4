#include <filesystem>
#include <functional>

#include "base/file.h"
#include "testing/testing.h"
#include "text/test_tokenizers.h"
#include "text/tokenizer.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using testing::ByteLevelJson;
using ::testing::ElementsAre;
using testing::FromJson;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SentencePieceJson;

TEST(VocabularyHf, ByteLevel) {
  const Vocabulary v = FromJson(ByteLevelJson({{"h", "e"}, {"Ġ", "he"}}));
  EXPECT_EQ(v.kind, TokenizerKind::kByteLevelBpe);
  EXPECT_EQ(v.rules, TokenizerRules::kHuggingFace);
  EXPECT_EQ(v.tokens.size(), 259U);
  EXPECT_EQ(v.types[258], TokenType::kControl);
  EXPECT_EQ(v.added.size(), 1U);
  EXPECT_EQ(v.merges.size(), 2U);
  EXPECT_EQ(v.merges[1].result, 257);
  EXPECT_FALSE(v.add_bos);
  EXPECT_EQ(v.eot, 258);  // "<|end|>", by its text
  EXPECT_THAT(v.end_of_generation, ElementsAre(258));

  const Tokenizer tokenizer(v);
  EXPECT_THAT(tokenizer.Encode("he he<|end|>", {.parse_special = true}), ElementsAre(256, 257, 258));
  EXPECT_EQ(tokenizer.Encode("he<|end|>").size(), 8U);
  EXPECT_EQ(tokenizer.Decode(std::vector{257, 258}), " he");
  EXPECT_EQ(tokenizer.Decode(std::vector{257, 258}, false), " he<|end|>");
  EXPECT_EQ(tokenizer.TokenBytes(0xE6), "\xE6");
  EXPECT_EQ(tokenizer.TokenBytes(258), "");
  EXPECT_TRUE(tokenizer.IsEndOfGeneration(258));
  EXPECT_FALSE(tokenizer.IsEndOfGeneration(257));
}

TEST(VocabularyHf, SentencePiece) {
  const Vocabulary v = FromJson(SentencePieceJson({"▁", "a", "b"}, {{"▁", "a"}}));
  EXPECT_EQ(v.kind, TokenizerKind::kSentencePieceBpe);
  EXPECT_EQ(v.types[0], TokenType::kUnknown);
  EXPECT_EQ(v.types[1], TokenType::kControl);
  EXPECT_EQ(v.types[3], TokenType::kByte);
  EXPECT_EQ(v.bos, 1);
  EXPECT_EQ(v.unk, 0);
  EXPECT_TRUE(v.add_bos && v.add_space_prefix && v.byte_fallback);
  EXPECT_THAT(v.template_before, ElementsAre(1));

  const Tokenizer tokenizer(v);
  EXPECT_THAT(tokenizer.Encode("a a"), ElementsAre(1, 262, 262));
  EXPECT_THAT(tokenizer.Encode("aé", {.add_special = false}), ElementsAre(262, 3 + 0xC3, 3 + 0xA9));
  // The prefix goes to every section, after special tokens too.
  EXPECT_THAT(tokenizer.Encode("<s>a", {.parse_special = true}), ElementsAre(1, 1, 262));
  EXPECT_EQ(tokenizer.Decode(std::vector{1, 262, 262, 3 + 0xC3}), "a a\uFFFD");
  EXPECT_EQ(tokenizer.Decode(std::vector{262, 262, 0}, false), "a a<unk>");
}

TEST(VocabularyHf, SentencePieceKeepsBytesThatAreNoUtf8) {
  const Tokenizer tokenizer(FromJson(SentencePieceJson({"▁", "a"}, {})));
  const std::string bytes = "a\xFF\xE6\x80";
  const auto ids = tokenizer.Encode(bytes, {.add_special = false});
  std::string back;
  for (const int32_t id : ids) back += tokenizer.TokenBytes(id);
  EXPECT_EQ(back, " " + bytes);
}

TEST(VocabularyHf, UnknownTokensFuse) {
  Json json = SentencePieceJson({"▁", "a"}, {});
  json["model"]["byte_fallback"] = false;
  EXPECT_THAT(Tokenizer(FromJson(json)).Encode("ébab", {.add_special = false}), ElementsAre(259, 0, 260, 0));
  json["model"]["fuse_unk"] = false;
  EXPECT_THAT(Tokenizer(FromJson(json)).Encode("ébab", {.add_special = false}), ElementsAre(259, 0, 0, 260, 0));
}

TEST(VocabularyHf, IgnoreMergesTakesWholeWords) {
  Json json = ByteLevelJson({{"a", "b"}, {"b", "c"}, {"ab", "c"}});
  EXPECT_THAT(Tokenizer(FromJson(json)).Encode("abc"), ElementsAre(258));
  json["model"]["merges"] = Json::array({"b c", "a b"});  // now merging ends at "a", "bc"
  EXPECT_EQ(Tokenizer(FromJson(json)).Encode("abc").size(), 2U);
  json["model"]["ignore_merges"] = true;
  EXPECT_THAT(Tokenizer(FromJson(json)).Encode("abc"), ElementsAre(258));
}

TEST(VocabularyHf, NormalizedAddedTokensAreFoundInTheNormalizedText) {
  Json json = SentencePieceJson({"▁", "a"}, {});
  json["added_tokens"].push_back({{"id", 261}, {"content", "a a"}, {"special", false}, {"normalized", true}});
  json["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}};
  const Tokenizer tokenizer(FromJson(json));
  EXPECT_THAT(tokenizer.Encode("a▁aa", {.add_special = false}), ElementsAre(261, 260));
}

TEST(VocabularyHf, HolesBecomeUnusedTokens) {
  Json json = ByteLevelJson({});
  json["added_tokens"][0]["id"] = 300;
  const Vocabulary v = FromJson(json);
  ASSERT_EQ(v.tokens.size(), 301U);
  EXPECT_EQ(v.tokens[256], "[PAD256]");
  EXPECT_EQ(v.types[299], TokenType::kUnused);
  const Tokenizer tokenizer(v);
  EXPECT_EQ(tokenizer.Decode(std::vector{256, 0x41}), "A");
  EXPECT_EQ(tokenizer.Encode("[PAD256]").size(), 8U);
}

TEST(VocabularyHf, FolderNamesTokensAndEnds) {
  const testing::TemporaryFolder folder;
  Json json = SentencePieceJson({"▁", "a"}, {});
  json["added_tokens"].push_back({{"id", 261}, {"content", "<|eot_id|>"}, {"special", true}});
  WriteFileAtomically(folder / "tokenizer.json", DumpJson(json));
  WriteFileAtomically(
      folder / "tokenizer_config.json",
      R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>", "pad_token": null, "chat_template": "T"})");
  WriteFileAtomically(folder / "special_tokens_map.json", R"({"pad_token": "a"})");
  WriteFileAtomically(folder / "generation_config.json", R"({"eos_token_id": [2, 260]})");
  const Vocabulary v = Vocabulary::FromHf(HfFolder::OpenTokenizer(folder.path()));
  EXPECT_EQ(v.bos, 1);
  EXPECT_EQ(v.eos, 2);
  EXPECT_EQ(v.pad, 260);
  EXPECT_EQ(v.eot, 261);
  EXPECT_THAT(v.end_of_generation, ElementsAre(2, 260, 261));
  EXPECT_EQ(v.chat_template, "T");
  EXPECT_TRUE(v.clean_up_spaces);  // what transformers does when the file is silent
}

// Each case spoils a good file in one way.
struct Spoiled {
  std::string name;
  std::function<void(Json&)> spoil;
  ErrorCode code;
  std::string says;
};

void ExpectErrors(const Json& good, const std::vector<Spoiled>& cases) {
  EXPECT_NO_THROW(FromJson(good));
  for (const Spoiled& c : cases) {
    SCOPED_TRACE(c.name);
    Json json = good;
    c.spoil(json);
    EXPECT_BANTAM_ERROR(FromJson(json), c.code, AllOf(HasSubstr(c.says), HasSubstr("tokenizer.json")));
  }
}

TEST(VocabularyHf, BrokenVocabularies) {
  constexpr auto kFormat = ErrorCode::kFormat;
  const auto added = [](int64_t id, const char* text) {
    return Json{{"id", id}, {"content", text}, {"special", true}};
  };
  ExpectErrors(
      ByteLevelJson({{"a", "b"}, {"ab", "c"}}),
      {{"no object", [](Json& j) { j = Json::array(); }, kFormat, "an object"},
       {"no model", [](Json& j) { j.erase("model"); }, kFormat, "model"},
       {"no vocab", [](Json& j) { j["model"].erase("vocab"); }, kFormat, "vocab"},
       {"vocab a list", [](Json& j) { j["model"]["vocab"] = Json::array(); }, kFormat, "vocab"},
       {"empty vocab",
        [](Json& j) {
          j["model"]["vocab"] = Json::object();
          j["added_tokens"] = Json::array();
          j["model"]["merges"] = Json::array();
        },
        kFormat, "no tokens"},
       {"negative id", [](Json& j) { j["model"]["vocab"]["a"] = -1; }, kFormat, "-1"},
       {"huge id", [](Json& j) { j["model"]["vocab"]["a"] = 2'000'000'000; }, kFormat, "2000000000"},
       {"id beyond all integers", [](Json& j) { j["model"]["vocab"]["a"] = UINT64_MAX; }, kFormat, "impossible"},
       {"id a string", [](Json& j) { j["model"]["vocab"]["a"] = "7"; }, kFormat, "not an integer"},
       {"id a fraction", [](Json& j) { j["model"]["vocab"]["a"] = 1.5; }, kFormat, "not an integer"},
       {"two tokens with one id", [](Json& j) { j["model"]["vocab"]["a"] = 98; }, kFormat, "both have id 98"},
       {"one token with two ids", [&](Json& j) { j["added_tokens"].push_back(added(500, "a")); }, kFormat, "are both"},
       {"added token over another", [&](Json& j) { j["added_tokens"].push_back(added(97, "x!")); }, kFormat,
        "both have id 97"},
       {"added token without id", [&](Json& j) { j["added_tokens"][0].erase("id"); }, kFormat, "not an integer"},
       {"added token without text", [&](Json& j) { j["added_tokens"][0].erase("content"); }, kFormat, "content"},
       {"added token that is empty", [&](Json& j) { j["added_tokens"][0]["content"] = ""; }, kFormat, "empty"},
       {"added tokens no list", [](Json& j) { j["added_tokens"] = 1; }, kFormat, "added_tokens"},
       {"no merges",
        [](Json& j) {
          j["model"]["type"] = "BPE";
          j["model"].erase("merges");
        },
        kFormat, "merges"},
       {"a merge of one", [](Json& j) { j["model"]["merges"][0] = "ab"; }, kFormat, "not two texts"},
       {"a merge of three", [](Json& j) { j["model"]["merges"][0] = "a b c"; }, kFormat, "not two texts"},
       {"a merge that is a number", [](Json& j) { j["model"]["merges"][0] = 3; }, kFormat, "not two texts"},
       {"a merge of numbers", [](Json& j) { j["model"]["merges"][0] = Json::array({1, 2}); }, kFormat, "not two texts"},
       {"a merge of an unknown part", [](Json& j) { j["model"]["merges"][0] = "zz b"; }, kFormat, "\"zz\" is not in"},
       {"a merge into nothing known", [](Json& j) { j["model"]["merges"][0] = "a c"; }, kFormat, "\"ac\" is not in"},
       {"a merge with itself for ever", [](Json& j) { j["model"]["merges"][0] = " a"; }, kFormat, "\"\" is not in"},
       {"unknown token unknown", [](Json& j) { j["model"]["unk_token"] = "<unk>"; }, kFormat, "\"<unk>\" is not in"},
       {"a byte without token", [](Json& j) { j["model"]["vocab"].erase("Ġ"); }, kFormat, "byte 0x20"}});
}

TEST(VocabularyHf, MissingByteTokens) {
  Json json = SentencePieceJson({"▁", "a"}, {});
  json["model"]["vocab"].erase("<0x41>");
  const Tokenizer tokenizer(FromJson(json));  // there is an unknown token
  EXPECT_THAT(tokenizer.Encode("AB", {.add_special = false}), ElementsAre(259, 0, 3 + 0x42));
  json["model"].erase("unk_token");
  EXPECT_BANTAM_ERROR(FromJson(json), ErrorCode::kFormat, HasSubstr("<0x41>"));
}

TEST(VocabularyHf, UnsupportedConstructsAreNamed) {
  constexpr auto kUnsupported = ErrorCode::kUnsupported;
  const auto set = [](const char* part, Json value) { return [=](Json& j) { j[part] = value; }; };
  const auto typed = [&](const char* part, const char* type) { return set(part, {{"type", type}}); };
  const auto model = [](const char* key, Json value) { return [=](Json& j) { j["model"][key] = value; }; };
  ExpectErrors(
      ByteLevelJson({{"a", "b"}}),
      {{"Unigram", model("type", "Unigram"), kUnsupported, "\"Unigram\""},
       {"WordPiece", model("type", "WordPiece"), kUnsupported, "\"WordPiece\""},
       {"WordLevel", model("type", "WordLevel"), kUnsupported, "\"WordLevel\""},
       {"dropout", model("dropout", 0.1), kUnsupported, "dropout"},
       {"prefix", model("continuing_subword_prefix", "##"), kUnsupported, "continuing_subword_prefix"},
       {"suffix", model("end_of_word_suffix", "</w>"), kUnsupported, "end_of_word_suffix"},
       {"Lowercase", typed("normalizer", "Lowercase"), kUnsupported, "\"Lowercase\""},
       {"Precompiled", typed("normalizer", "Precompiled"), kUnsupported, "\"Precompiled\""},
       {"BertPreTokenizer", typed("pre_tokenizer", "BertPreTokenizer"), kUnsupported, "\"BertPreTokenizer\""},
       {"WhitespaceSplit", typed("pre_tokenizer", "WhitespaceSplit"), kUnsupported, "\"WhitespaceSplit\""},
       {"ByteLevel in one place", set("pre_tokenizer", nullptr), kUnsupported, "ByteLevel"},
       {"no decoder", set("decoder", nullptr), kUnsupported, "without decoder"},
       {"WordPiece decoder", typed("decoder", "WordPiece"), kUnsupported, "\"WordPiece\""},
       {"BertProcessing", typed("post_processor", "BertProcessing"), kUnsupported, "\"BertProcessing\""},
       {"regex", set("pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "("}}}, {"behavior", "Sideways"}}),
        kUnsupported, "\"Sideways\""},
       {"decoder order",
        set("decoder",
            {{"type", "Sequence"}, {"decoders", Json::array({{{"type", "Fuse"}}, {{"type", "ByteFallback"}}})}}),
        kUnsupported, "\"ByteFallback\" at this place"},
       {"a long insertion", set("normalizer", {{"type", "Prepend"}, {"prepend", std::string(65, 'x')}}), kUnsupported,
        "65 bytes"},
       {"many steps",
        set("normalizer", {{"type", "Sequence"}, {"normalizers", Json(std::vector<Json>(65, {{"type", "NFC"}}))}}),
        kUnsupported, "more than 64 steps"},
       {"nested",
        set("normalizer",
            {{"type", "Sequence"}, {"normalizers", Json::array({{{"type", "NFC"}}, {{"type", "StripAccents"}}})}}),
        kUnsupported, "normalizer[1]"}});
}

TEST(VocabularyHf, NormalizersMayNotBlowTheTextUp) {
  Json json = ByteLevelJson({});
  const Json step = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(64, 'a')}};
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", Json(std::vector<Json>(60, step))}};
  const Tokenizer tokenizer(FromJson(json));
  EXPECT_BANTAM_ERROR(tokenizer.Encode("a"), ErrorCode::kUnsupported, HasSubstr("the normalizer makes"));
}

TEST(VocabularyHf, BrokenSteps) {
  constexpr auto kFormat = ErrorCode::kFormat;
  const auto set = [](const char* part, Json value) { return [=](Json& j) { j[part] = value; }; };
  ExpectErrors(
      ByteLevelJson({{"a", "b"}}),
      {{"no type", set("normalizer", Json::object()), kFormat, "\"type\""},
       {"no pattern", set("normalizer", {{"type", "Replace"}, {"content", "x"}}), kFormat, "\"pattern\""},
       {"empty pattern", set("normalizer", {{"type", "Replace"}, {"pattern", {{"String", ""}}}, {"content", "x"}}),
        kFormat, "empty pattern"},
       {"no steps", set("pre_tokenizer", {{"type", "Sequence"}}), kFormat, "pretokenizers"},
       {"a step that is a number", set("pre_tokenizer", 3), kFormat, "pre_tokenizer"},
       {"no text", set("post_processor", {{"type", "TemplateProcessing"}, {"single", Json::array()}}), kFormat,
        "without the text"}});
}

TEST(VocabularyHf, BadRegexesAreFoundWhenTheTokenizerIsMade) {
  Json json = ByteLevelJson({});
  const auto with = [&](const char* regex) {
    json["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers", Json::array({{{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}},
                                       {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}})}};
    return FromJson(json);
  };
  EXPECT_BANTAM_ERROR(Tokenizer(with("(a")), ErrorCode::kFormat, HasSubstr("tokenizer.json"));
  EXPECT_BANTAM_ERROR(Tokenizer(with("(a)\\1")), ErrorCode::kUnsupported, HasSubstr("\\1"));
  const Tokenizer hostile(with("(a+)+[xy]"));
  EXPECT_BANTAM_ERROR(hostile.Encode(std::string(5000, 'a')), ErrorCode::kUnsupported, HasSubstr("(a+)+[xy]"));
}

}  // namespace
}  // namespace bantam
