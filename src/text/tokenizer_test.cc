#include "text/tokenizer.h"

#include <thread>

#include "base/file.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "testing/testing.h"
#include "text/test_tokenizers.h"

namespace bantam {
namespace {

using testing::ByteLevelJson;
using ::testing::ElementsAre;
using testing::FromJson;
using ::testing::HasSubstr;
using testing::SentencePieceJson;
using testing::ThroughGguf;

std::vector<Vocabulary> SmallVocabularies() {
  Vocabulary byte_level = FromJson(ByteLevelJson({{"Ġ", "a"}, {"Ã", "©"}, {"Ġ", "Ġ"}}));
  Vocabulary pieces = FromJson(SentencePieceJson({"▁", "a", "é", "▁a"}, {{"▁", "▁"}}));
  std::vector<Vocabulary> all = {byte_level, pieces, ThroughGguf(byte_level), ThroughGguf(pieces)};
  byte_level.clean_up_spaces = true;
  all.push_back(byte_level);
  return all;
}

// Any ids in any order: the stream gives what the whole gives, and never a part of a character.
TEST(StreamDecoder, AgreesWithDecode) {
  Rng rng(11);
  for (const Vocabulary& vocabulary : SmallVocabularies()) {
    const Tokenizer tokenizer(vocabulary);
    for (int round = 0; round < 500; ++round) {
      std::vector<int32_t> ids;
      const uint64_t length = rng.NextBelow(12);
      for (uint64_t i = 0; i < length; ++i)
        ids.push_back(static_cast<int32_t>(rng.NextBelow(static_cast<uint64_t>(tokenizer.size()))));
      for (const bool skip : {false, true}) {
        StreamDecoder decoder(tokenizer, {.skip_special = skip});
        std::string text;
        for (const int32_t id : ids) {
          const std::string part = decoder.Push(id);
          EXPECT_TRUE(IsValidUtf8(part));
          text += part;
        }
        text += decoder.Finish();
        EXPECT_TRUE(IsValidUtf8(text));
        EXPECT_EQ(text, tokenizer.Decode(ids, skip));
      }
    }
  }
}

TEST(StreamDecoder, HoldsBackPartsOfCharacters) {
  const Tokenizer tokenizer(FromJson(ByteLevelJson({})));
  StreamDecoder decoder(tokenizer);
  EXPECT_EQ(decoder.Push(0xE6), "");
  EXPECT_EQ(decoder.Push(0xBC), "");
  EXPECT_EQ(decoder.Push(0xA2), "漢");
  EXPECT_EQ(decoder.Push(0xC3), "");
  EXPECT_EQ(decoder.Push('a'), "\uFFFDa");  // nothing can complete it any more
  EXPECT_EQ(decoder.Push(0xF0), "");
  EXPECT_EQ(decoder.Finish(), "\uFFFD");
  EXPECT_EQ(decoder.Push('b'), "b");
}

TEST(StreamDecoder, TheFirstSpace) {
  const Vocabulary hf = FromJson(SentencePieceJson({"▁", "a"}, {{"▁", "a"}}));
  const Vocabulary gguf = ThroughGguf(hf);
  const std::vector<int32_t> ids = {261, 261}, with_bos = {1, 261};
  EXPECT_EQ(Tokenizer(hf).Decode(ids), "a a");
  EXPECT_EQ(Tokenizer(gguf).Decode(ids), "a a");
  EXPECT_EQ(Tokenizer(hf).Decode(with_bos), "a");
  EXPECT_EQ(Tokenizer(gguf).Decode(with_bos), " a");  // llama.cpp: the first token is the bos
  const Tokenizer tokenizer(hf);
  StreamDecoder continued(tokenizer, {.continues = true});
  EXPECT_EQ(continued.Push(261), " a");
}

TEST(Tokenizer, IdsOutsideTheVocabulary) {
  const Tokenizer tokenizer(FromJson(ByteLevelJson({})));
  for (const int32_t id : {-1, 257, INT32_MAX}) {
    EXPECT_BANTAM_ERROR(tokenizer.Decode(std::vector{id}), ErrorCode::kUsage, HasSubstr(std::to_string(id)));
    EXPECT_BANTAM_ERROR(tokenizer.TokenBytes(id), ErrorCode::kUsage, HasSubstr(std::to_string(id)));
    EXPECT_FALSE(tokenizer.IsEndOfGeneration(id));
  }
}

TEST(Tokenizer, BytesThatAreNoUtf8BecomeReplacementCharacters) {
  const Vocabulary hf = FromJson(ByteLevelJson({}));
  const auto ids = Tokenizer(hf).Encode("a\xFF\xC3z");
  EXPECT_THAT(ids, ElementsAre('a', 0xEF, 0xBF, 0xBD, 0xEF, 0xBF, 0xBD, 'z'));
  EXPECT_EQ(Tokenizer(ThroughGguf(hf)).Encode("a\xFF\xC3z"), ids);
  EXPECT_THAT(Tokenizer(ThroughGguf(hf)).Encode("\xED\xA0\x80"), ElementsAre(0xED, 0xA0, 0x80));
}

// Every byte of every valid text is there again, for texts of all planes.
TEST(Tokenizer, DecodeGivesBackWhatEncodeTook) {
  Rng rng(13);
  for (const Vocabulary& vocabulary : SmallVocabularies()) {
    if (vocabulary.clean_up_spaces) continue;
    const Tokenizer tokenizer(vocabulary);
    for (int round = 0; round < 300; ++round) {
      std::string text;
      const uint64_t length = rng.NextBelow(20);
      for (uint64_t i = 0; i < length; ++i) {
        const char32_t most = std::array<char32_t, 4>{0x80, 0x800, 0xD800, 0x110000}[rng.NextBelow(4)];
        const auto c = static_cast<char32_t>(rng.NextBelow(most));
        if (c != 0x2581) AppendUtf8(text, c);  // which is a space afterwards
      }
      EXPECT_EQ(tokenizer.Decode(tokenizer.Encode(text, {.add_special = false}), false), text);
    }
  }
}

// A quadratic step would take minutes on these.
TEST(Tokenizer, LongRunsTakeNoQuadraticTime) {
  constexpr size_t kBytes = 1 << 18;
  for (const Vocabulary& vocabulary : SmallVocabularies()) {
    const Tokenizer tokenizer(vocabulary);
    for (const std::string unit : {" ", "a", "é", "\n", "1", "!", "<", "\xFF", "漢", " \u0301"}) {
      std::string text;
      while (text.size() < kBytes) text += unit;
      const auto ids = tokenizer.Encode(text, {.parse_special = true});
      EXPECT_GT(ids.size(), kBytes / 8);
      EXPECT_FALSE(tokenizer.Decode(ids).empty());
    }
  }
}

TEST(Tokenizer, ThreadsMayShareOne) {
  const Tokenizer tokenizer(SmallVocabularies()[0]);
  const std::string text = "a aé  漢 a's 123\n";
  const auto expected = tokenizer.Encode(text);
  std::vector<std::thread> threads;
  std::array<bool, 4> equal{};
  for (size_t t = 0; t < equal.size(); ++t) {
    threads.emplace_back([&, t] {
      equal[t] = true;
      for (int i = 0; i < 200; ++i) equal[t] = equal[t] && tokenizer.Encode(text) == expected;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(equal, ::testing::Each(true));
}

TEST(Tokenizer, HandmadeVocabulariesAreChecked) {
  const Vocabulary good = FromJson(ByteLevelJson({{"a", "b"}}));
  const auto expect = [&](auto change, const char* says) {
    Vocabulary v = good;
    change(v);
    EXPECT_BANTAM_ERROR(Tokenizer{v}, ErrorCode::kFormat, HasSubstr(says));
  };
  expect([](Vocabulary& v) { v.types.pop_back(); }, "types");
  expect([](Vocabulary& v) { v.scores = {1.0F}; }, "scores");
  expect([](Vocabulary& v) { v.bos = 999; }, "bos");
  expect([](Vocabulary& v) { v.added[0].id = -5; }, "added token");
  expect([](Vocabulary& v) { v.template_after = {999}; }, "after the text");
  expect([](Vocabulary& v) { v.end_of_generation = {999}; }, "end-of-generation");
  expect([](Vocabulary& v) { v.merges[0].result = 97; }, "merge 0");
  expect([](Vocabulary& v) { v.merges[0].left = 5000; }, "merge 0");
  expect([](Vocabulary& v) { v.tokens[5].clear(); }, "empty");
}

// A vector file of llama.cpp: texts, and one line of ids for each, without bos and with special tokens left alone.
void CheckVectors(const Tokenizer& tokenizer, const std::filesystem::path& file) {
  const std::string separator = "\n__ggml_vocab_test__\n";
  std::string texts = ReadFile(file.string() + ".inp"), ids = ReadFile(file.string() + ".out");
  size_t count = 0;
  while (!ids.empty()) {
    const size_t end = texts.find(separator), line = ids.find('\n');
    ASSERT_NE(line, std::string::npos);
    std::string expected = ids.substr(0, line), got;
    for (const int32_t id : tokenizer.Encode(texts.substr(0, end), {.add_special = false}))
      got += ' ' + std::to_string(id);
    EXPECT_EQ(got, expected) << texts.substr(0, end);
    texts.erase(0, end == std::string::npos ? end : end + separator.size());
    ids.erase(0, line + 1);
    ++count;
  }
  EXPECT_EQ(count, 46U);
}

// The other two sets, llama-bpe and qwen2, need vocabularies that are no part of the data: tests/interop/tokenizers.mjs.
class TokenizerVectors : public ::testing::TestWithParam<const char*> {};

TEST_P(TokenizerVectors, Match) {
  BANTAM_NEEDS_DATA();
  const auto folder = testing::DataFolder() / "tokenizer";
  const std::string name = std::string("ggml-vocab-") + GetParam() + ".gguf";
  const Tokenizer tokenizer(Vocabulary::FromGguf(GgufFile::Open(folder / "vocab" / name)->metadata()));
  CheckVectors(tokenizer, folder / "vectors" / name);
  // The same from what Bantam writes.
  CheckVectors(Tokenizer(ThroughGguf(tokenizer.vocabulary())), folder / "vectors" / name);
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerVectors,
                         ::testing::Values("deepseek-coder", "gpt-2", "llama-spm", "phi-3", "starcoder"));

TEST(VocabularyLlama2c, Stories) {
  BANTAM_NEEDS_DATA();
  const auto file = testing::DataFolder() / "models/stories260K/tok512.bin";
  const Vocabulary vocabulary = Vocabulary::FromLlama2c(ReadLlama2cTokenizer(file, 512));
  EXPECT_EQ(vocabulary.tokens[1], "<s>");
  EXPECT_EQ(vocabulary.types[3], TokenType::kByte);
  const Tokenizer tokenizer(vocabulary), written(ThroughGguf(vocabulary));
  for (const std::string text : {"Once upon a time", "Lily's mom said, \"Hi!\"\n", "é 漢", ""}) {
    const auto ids = tokenizer.Encode(text);
    EXPECT_EQ(ids.front(), 1);
    EXPECT_EQ(written.Encode(text), ids);
    EXPECT_EQ(tokenizer.Decode(std::span(ids).subspan(1)), text);
  }
  EXPECT_THAT(tokenizer.Encode("Once upon a time"), ElementsAre(1, 403, 407, 261, 378));
}

TEST(VocabularyLlama2c, TooSmall) {
  EXPECT_BANTAM_ERROR(Vocabulary::FromLlama2c({{"a", "b"}, {0, 0}}), ErrorCode::kFormat, HasSubstr("three"));
}

}  // namespace
}  // namespace bantam
