#include <functional>

#include "testing/testing.h"
#include "text/gguf_pretokenizers.h"
#include "text/test_tokenizers.h"
#include "text/tokenizer.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using testing::ByteLevelJson;
using ::testing::ElementsAre;
using testing::FromJson;
using ::testing::HasSubstr;
using testing::SentencePieceJson;
using testing::ThroughGguf;

GgufMetadata Written(const Vocabulary& vocabulary, int64_t rows = 0) {
  GgufMetadata metadata("test.gguf");
  vocabulary.ToGguf(metadata, rows);
  return metadata;
}

TEST(VocabularyGguf, ByteLevelGoesThrough) {
  Json json = ByteLevelJson({{"h", "e"}, {"Ġ", "he"}});
  json["added_tokens"].push_back({{"id", 259}, {"content", "<u>"}, {"special", false}});
  const Vocabulary before = FromJson(json), after = ThroughGguf(before);
  EXPECT_EQ(after.rules, TokenizerRules::kLlamaCpp);
  EXPECT_EQ(after.kind, TokenizerKind::kByteLevelBpe);
  EXPECT_EQ(after.pre, "trillion");  // GPT-2's regex, and decoding leaves spaces before punctuation alone
  EXPECT_EQ(after.clean_up_spaces, before.clean_up_spaces);
  EXPECT_EQ(after.tokens, before.tokens);
  EXPECT_EQ(after.types, before.types);
  EXPECT_EQ(after.merges.size(), 2U);
  EXPECT_EQ(after.eot, 258);
  EXPECT_FALSE(after.add_bos);
  const std::string text = "he  he'll <|end|> <u> é";
  EXPECT_EQ(Tokenizer(after).Encode(text, {.parse_special = true}),
            Tokenizer(before).Encode(text, {.parse_special = true}));
}

TEST(VocabularyGguf, ScoresComeFromRanks) {
  // "aaa" is the result of two merges; the lower rank counts.
  const Vocabulary before =
      FromJson(SentencePieceJson({"▁", "a", "b"}, {{"a", "a"}, {"aa", "a"}, {"a", "b"}, {"a", "aa"}}));
  const Vocabulary after = ThroughGguf(before);
  EXPECT_EQ(after.kind, TokenizerKind::kSentencePieceBpe);
  ASSERT_EQ(after.scores.size(), after.tokens.size());
  EXPECT_EQ(after.scores[262], 0.0F);   // "aa"
  EXPECT_EQ(after.scores[263], -1.0F);  // "aaa"
  EXPECT_EQ(after.scores[264], -2.0F);  // "ab"
  EXPECT_EQ(after.scores[260], -4.0F);  // "a", which no merge gives
  EXPECT_TRUE(after.add_bos && after.add_space_prefix);
  EXPECT_EQ(after.bos, 1);
  EXPECT_EQ(after.unk, 0);
  EXPECT_EQ(Tokenizer(after).Encode("aab <b>"), Tokenizer(before).Encode("aab <b>"));
}

TEST(VocabularyGguf, UserDefinedSpacesAreWrittenAsSpaces) {
  Json json = SentencePieceJson({"▁", "a", "▁▁"}, {});
  json["added_tokens"].push_back({{"id", 261}, {"content", "▁▁"}, {"special", false}, {"normalized", false}});
  const Vocabulary after = ThroughGguf(FromJson(json));
  EXPECT_EQ(after.tokens[261], "  ");
  EXPECT_THAT(Tokenizer(after).Encode("a  a", {.add_special = false}), ElementsAre(259, 260, 261, 259, 260));
}

TEST(VocabularyGguf, RowsOfTheEmbedding) {
  const Vocabulary vocabulary = FromJson(ByteLevelJson({{"a", "b"}}));  // 258 tokens, the last an added one
  const Vocabulary more = ThroughGguf(vocabulary, 260);
  EXPECT_EQ(more.tokens.size(), 260U);
  EXPECT_EQ(more.tokens[259], "[PAD259]");
  EXPECT_EQ(more.types[259], TokenType::kUnused);
  EXPECT_EQ(ThroughGguf(vocabulary, 257).tokens.size(), 257U);
  EXPECT_BANTAM_ERROR(ThroughGguf(vocabulary, 256), ErrorCode::kFormat, AllOf(HasSubstr("256 rows"), HasSubstr("258")));
}

TEST(VocabularyGguf, OnlyWhatGgufCanSay) {
  const auto expect = [](const Json& json, const char* says) {
    EXPECT_BANTAM_ERROR(Written(FromJson(json)), ErrorCode::kUnsupported, HasSubstr(says));
  };
  Json json = ByteLevelJson({});
  json["pre_tokenizer"]["add_prefix_space"] = true;
  expect(json, "prefixed space");
  json = ByteLevelJson({});
  json["normalizer"] = {{"type", "NFKC"}};
  expect(json, "normalizer");
  json = ByteLevelJson({});
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers", Json::array({{{"type", "Split"}, {"pattern", {{"Regex", "my own"}}}, {"behavior", "Isolated"}},
                                     {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}})}};
  expect(json, "my own");
  json = ByteLevelJson({});
  json["model"]["ignore_merges"] = true;
  expect(json, "ignore_merges");
  json = SentencePieceJson({"▁"}, {});
  json["normalizer"] = nullptr;
  expect(json, "spaces");
  json = SentencePieceJson({"▁"}, {});
  json["model"]["byte_fallback"] = false;
  expect(json, "byte fallback");
  json = SentencePieceJson({"▁"}, {});
  const Json end = {{"SpecialToken", {{"id", "</s>"}}}};
  json["post_processor"]["single"].insert(json["post_processor"]["single"].begin(), end);
  expect(json, "bos token");
}

TEST(VocabularyGguf, PreTokenizersAreRecognized) {
  const auto isolated = [](std::string_view regex) {
    return SplitText{{std::string(regex), true}, SplitBehavior::kIsolated, false};
  };
  const struct {
    std::vector<std::string> regexes;
    bool ignore_merges, clean_up;
    const char* name;
  } cases[] = {
      {{R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"}, false, true, "gpt-2"},
      {{R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"}, false, false, "trillion"},
      {{R"(\p{N})", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
       false,
       true,
       "starcoder"},
      {{R"(\p{N})", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
       false,
       false,
       "smollm"},
      {{R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       true,
       true,
       "llama-bpe"},
      {{R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       false,
       true,
       "smaug-bpe"},
      {{R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       false,
       false,
       "qwen2"},
      {{"[\r\n]", R"(\s?\p{L}+)", R"(\s?\p{P}+)", "[一-龥ࠀ-一가-퟿]+", R"(\p{N})"},
       false,
       false,
       "deepseek-coder"},
      {{R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
        "?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"},
       false,
       false,
       "deepseek-v3"},
  };
  for (const auto& c : cases) {
    Vocabulary vocabulary;
    for (const auto& regex : c.regexes) vocabulary.pre_tokenizer.emplace_back(isolated(regex));
    vocabulary.ignore_merges = c.ignore_merges;
    vocabulary.clean_up_spaces = c.clean_up;
    EXPECT_EQ(RecognizePreTokenizer(vocabulary), c.name);
    const GgufPreTokenizer* pre = FindGgufPreTokenizer(c.name);
    ASSERT_NE(pre, nullptr) << c.name;
    EXPECT_EQ(pre->ignore_merges, c.ignore_merges);
  }
}

// Every regex of every name compiles.
TEST(VocabularyGguf, PreTokenizersCompile) {
  const Vocabulary base = ThroughGguf(FromJson(ByteLevelJson({})));
  for (const char* name : {"default", "gpt-2", "starcoder", "llama-bpe", "qwen2", "qwen35", "deepseek-llm",
                           "deepseek-coder", "deepseek-v3", "falcon", "tekken", "gpt-4o"}) {
    GgufMetadata metadata = Written(base);
    metadata.Set("tokenizer.ggml.pre", GgufValue::String(name));
    metadata.Set("tokenizer.ggml.add_bos_token", GgufValue::Bool(false));
    const Tokenizer tokenizer(Vocabulary::FromGguf(metadata));
    const std::string text = "Hello WORLD's 12345\r\n\n\t  émigré 漢字かな 한국어 ！？ <|end|> \u3000x ";
    const auto ids = tokenizer.Encode(text);
    EXPECT_EQ(tokenizer.Decode(ids, false).size(), text.size()) << name;
  }
}

TEST(VocabularyGguf, DefaultsAreLlamaCpps) {
  GgufMetadata metadata = Written(FromJson(SentencePieceJson({"▁", "a"}, {})));
  for (const char* key : {"bos_token_id", "eos_token_id", "unknown_token_id", "add_bos_token", "add_eos_token",
                          "add_space_prefix", "pre", "token_type"})
    metadata.Erase(std::string("tokenizer.ggml.") + key);
  const Vocabulary llama = Vocabulary::FromGguf(metadata);
  EXPECT_EQ(llama.bos, 1);
  EXPECT_EQ(llama.eos, 2);
  EXPECT_EQ(llama.unk, 0);
  EXPECT_TRUE(llama.add_bos && llama.add_space_prefix);
  EXPECT_EQ(llama.types[1], TokenType::kNormal);
  EXPECT_EQ(llama.types[2], TokenType::kControl);  // "</s>": by its text

  metadata = Written(FromJson(ByteLevelJson({})));
  metadata.Erase("tokenizer.ggml.pre");
  metadata.Erase("tokenizer.ggml.add_bos_token");
  const Vocabulary gpt2 = Vocabulary::FromGguf(metadata);
  EXPECT_EQ(gpt2.pre, "default");
  EXPECT_EQ(gpt2.bos, 11);
  EXPECT_FALSE(gpt2.add_bos);
  metadata.Set("tokenizer.ggml.pre", GgufValue::String("llama-bpe"));
  EXPECT_TRUE(Vocabulary::FromGguf(metadata).add_bos);
}

TEST(VocabularyGguf, TokensKnownByTheirText) {
  Json json = ByteLevelJson({});
  int id = 257;
  for (const char* text : {"<|fim_prefix|>", "<|file_sep|>", "<|im_end|>", "<|channel|>", "<tool>"})
    json["added_tokens"].push_back({{"id", id++}, {"content", text}, {"special", false}});
  const Vocabulary v = ThroughGguf(FromJson(json));
  EXPECT_EQ(v.types[257], TokenType::kControl);
  EXPECT_EQ(v.types[258], TokenType::kControl);
  EXPECT_EQ(v.types[259], TokenType::kControl);
  EXPECT_EQ(v.types[260], TokenType::kUserDefined);
  EXPECT_EQ(v.types[261], TokenType::kUserDefined);
  EXPECT_EQ(v.eot, 256);                                             // the file says "<|end|>"
  EXPECT_THAT(v.end_of_generation, ElementsAre(11, 256, 258, 259));  // 11: llama.cpp's default eos
}

TEST(VocabularyGguf, Phi3StripsSpaceAfterItsTokens) {
  Json json = SentencePieceJson({"▁", "a"}, {});
  json["added_tokens"].push_back({{"id", 261}, {"content", "<|user|>"}, {"special", true}});
  GgufMetadata metadata = Written(FromJson(json));
  const auto encode = [&] {
    return Tokenizer(Vocabulary::FromGguf(metadata))
        .Encode("<|user|>\n a<s> a", {.add_special = false, .parse_special = true});
  };
  EXPECT_THAT(encode(), ElementsAre(261, 259, 13, 259, 260, 1, 259, 259, 260));
  metadata.Set("general.name", GgufValue::String("Phi3"));
  EXPECT_THAT(encode(), ElementsAre(261, 259, 260, 1, 259, 259, 260));
}

TEST(VocabularyGguf, BrokenMetadata) {
  using Spoil = std::function<void(GgufMetadata&)>;
  const auto set = [](const char* key, const GgufValue& value) -> Spoil {
    return [=](GgufMetadata& m) { m.Set(std::string("tokenizer.ggml.") + key, value); };
  };
  const auto erase = [](const char* key) -> Spoil {
    return [=](GgufMetadata& m) { m.Erase(std::string("tokenizer.ggml.") + key); };
  };
  constexpr auto kFormat = ErrorCode::kFormat, kUnsupported = ErrorCode::kUnsupported;
  const struct {
    const char* name;
    Spoil spoil;
    ErrorCode code;
    const char* says;
  } cases[] = {
      {"no model", erase("model"), kFormat, "tokenizer.ggml.model"},
      {"Unigram", set("model", GgufValue::String("t5")), kUnsupported, "\"t5\""},
      {"WordPiece", set("model", GgufValue::String("bert")), kUnsupported, "\"bert\""},
      {"RWKV", set("model", GgufValue::String("rwkv")), kUnsupported, "\"rwkv\""},
      {"unknown pre", set("pre", GgufValue::String("kimi-k2")), kUnsupported, "\"kimi-k2\""},
      {"no tokens", erase("tokens"), kFormat, "tokenizer.ggml.tokens"},
      {"empty tokens", set("tokens", GgufValue::Strings({})), kFormat, "tokenizer.ggml.tokens"},
      {"tokens of another type", set("tokens", GgufValue::U32(1)), kFormat, "tokenizer.ggml.tokens"},
      {"few types", set("token_type", GgufValue::I32s({1, 2})), kFormat, "2 types for"},
      {"no merges", erase("merges"), kFormat, "tokenizer.ggml.merges"},
      {"a merge of one", set("merges", GgufValue::Strings({"ab"})), kFormat, "not two texts"},
      {"an empty merge", set("merges", GgufValue::Strings({""})), kFormat, "not two texts"},
      {"a merge with nothing", set("merges", GgufValue::Strings({"a "})), kFormat, "not two texts"},
      {"a merge of an unknown part", set("merges", GgufValue::Strings({"a zz"})), kFormat, "\"zz\" is not in"},
      {"a merge into nothing known", set("merges", GgufValue::Strings({"a c"})), kFormat, "\"ac\" is not in"},
      {"bos out of range", set("bos_token_id", GgufValue::U32(1000)), kFormat, "bos_token_id"},
      {"eos a string", set("eos_token_id", GgufValue::String("x")), kFormat, "eos_token_id"},
      {"a bos that is none",
       [&](GgufMetadata& m) {
         set("add_bos_token", GgufValue::Bool(true))(m);
         set("bos_token_id", GgufValue::U32(UINT32_MAX))(m);
       },
       kFormat, "add_bos_token"},
  };
  const Vocabulary good = FromJson(ByteLevelJson({{"a", "b"}}));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    GgufMetadata metadata = Written(good);
    c.spoil(metadata);
    EXPECT_BANTAM_ERROR(Vocabulary::FromGguf(metadata), c.code, AllOf(HasSubstr(c.says), HasSubstr("test.gguf")));
  }
}

TEST(VocabularyGguf, BrokenTexts) {
  const auto with_tokens = [](const Json& json, const std::function<void(std::vector<std::string>&)>& change) {
    GgufMetadata metadata = Written(FromJson(json));
    auto tokens = metadata.GetStrings("tokenizer.ggml.tokens");
    change(tokens);
    metadata.Set("tokenizer.ggml.tokens", GgufValue::Strings(tokens));
    return Vocabulary::FromGguf(metadata);
  };
  const Json bytes = ByteLevelJson({}), pieces = SentencePieceJson({"▁", "a"}, {});
  EXPECT_BANTAM_ERROR(with_tokens(bytes, [](auto& t) { t[98] = t[97]; }), ErrorCode::kFormat, HasSubstr("97 and 98"));
  EXPECT_BANTAM_ERROR(with_tokens(bytes, [](auto& t) { t[97] = "zz"; }), ErrorCode::kFormat, HasSubstr("0x61"));
  EXPECT_BANTAM_ERROR(with_tokens(pieces, [](auto& t) { t[13] = "zz"; }), ErrorCode::kFormat, HasSubstr("<0x0A>"));
  EXPECT_EQ(with_tokens(pieces, [](auto& t) { t[260] = ""; }).tokens[260], "[EMPTY_260]");
  GgufMetadata metadata = Written(FromJson(pieces));
  metadata.Set("tokenizer.ggml.scores", GgufValue::F32s({1.0F}));
  EXPECT_BANTAM_ERROR(Vocabulary::FromGguf(metadata), ErrorCode::kFormat, HasSubstr("1 scores"));
  metadata.Set("tokenizer.ggml.scores", GgufValue::F32s(std::vector<float>(261, std::nanf(""))));
  EXPECT_BANTAM_ERROR(Vocabulary::FromGguf(metadata), ErrorCode::kFormat, HasSubstr("not a number"));
}

}  // namespace
}  // namespace bantam
