#include "text/corpus.h"

#include "base/file.h"
#include "base/rng.h"
#include "testing/testing.h"
#include "text/word_counts.h"

namespace bantam {
namespace {

using bantam::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Read {
  std::vector<std::string> texts;
  uint64_t bytes = 0;
};

Read ReadFileAt(const std::filesystem::path& path, const std::string& content) {
  WriteFileAtomically(path, content);
  Read read;
  ReadCorpus(path, [&](std::string_view text, uint64_t bytes) {
    read.texts.emplace_back(text);
    read.bytes += bytes;
  });
  return read;
}

WordCounts::Map WordsOf(const std::vector<std::string>& texts) {
  WordCounts counts({"<|end|>"});
  for (const std::string& text : texts) counts.Add(text);
  return counts.words();
}

TEST(Corpus, PiecesOfATextHaveTheWordsOfTheWhole) {
  const TemporaryFolder folder;
  const std::vector<std::string> parts = {"word",   " ",      "\n",   "\t",      "  \n ",  "\u00a0",
                                          "\u3000", "\u2028", "漢字", "e\u0301", "\u200b", "\ufeff",
                                          "'s",     "12",     "!?",   "<|end|>", "\x1c",   "\r\n"};
  Rng rng(1);
  std::string text;
  while (text.size() < (3 << 20)) text += parts[rng.NextBelow(parts.size())];
  const Read read = ReadFileAt(folder / "text.txt", text);
  EXPECT_EQ(read.texts.size(), 3U);
  EXPECT_EQ(read.bytes, text.size());
  EXPECT_EQ(WordsOf(read.texts), WordsOf({text}));
}

TEST(Corpus, CutsOnlyBeforeWhiteSpaceThatFollowsSomethingElse) {
  const TemporaryFolder folder;
  const std::string first(1 << 20, 'a'), spaces(100, ' ');
  EXPECT_THAT(ReadFileAt(folder / "a.txt", first + "bc \n d").texts, ElementsAre(first + "bc", " \n d"));
  EXPECT_THAT(ReadFileAt(folder / "a.txt", first.substr(1) + spaces + "b c").texts,
              ElementsAre(first.substr(1) + spaces + "b", " c"));
  EXPECT_THAT(ReadFileAt(folder / "a.txt", first + "\u2003 b\u00e9 c").texts,
              ElementsAre(first + "\u2003 b\u00e9", " c"));
  EXPECT_THAT(ReadFileAt(folder / "a.txt", first + first).texts, ElementsAre(first + first));
  EXPECT_THAT(ReadFileAt(folder / "a.txt", "").texts, ElementsAre());
}

TEST(Corpus, JsonLines) {
  const TemporaryFolder folder;
  const std::string content = R"({"text": "a story\n", "id": 7}

{"prompt": "who?", "completion": "me"}
{"messages": [{"role": "user", "content": "caf\u00e9"}, {"role": "assistant", "content": null}, {"content": "ja"}]}
{"messages": []})";
  const Read read = ReadFileAt(folder / "a.jsonl", content);
  EXPECT_THAT(read.texts, ElementsAre("a story\n", "who?", "me", "caf\u00e9", "", "ja"));
  EXPECT_LE(read.bytes, content.size());
}

TEST(Corpus, ErrorsNameThePlace) {
  const TemporaryFolder folder;
  const auto read = [&](const char* name, const std::string& content) { ReadFileAt(folder / name, content); };
  EXPECT_BANTAM_ERROR(read("a.txt", "\u00e9 caf\xe9 x"), ErrorCode::kFormat,
                      AllOf(HasSubstr("a.txt"), HasSubstr("byte 0xE9 at offset 6")));
  EXPECT_BANTAM_ERROR(read("a.jsonl", "{\"text\": \"\xff\"}"), ErrorCode::kFormat, HasSubstr("offset 10"));
  EXPECT_BANTAM_ERROR(read("a.jsonl", "{\"text\": \"\"}\n{\"text\": 5}\n"), ErrorCode::kFormat,
                      AllOf(HasSubstr("a.jsonl, line 2"), HasSubstr("text")));
  for (const char* line :
       {"{\"story\": \"\"}", "[]", "\"text\"", "{\"messages\": \"text\"}", "{\"messages\": [5]}", "{\"text\""}) {
    SCOPED_TRACE(line);
    EXPECT_BANTAM_ERROR(read("a.jsonl", std::string("\n\n") + line), ErrorCode::kFormat, HasSubstr("a.jsonl, line 3"));
  }
  EXPECT_BANTAM_ERROR(ReadCorpus(folder / "none.txt", {}), ErrorCode::kIo, HasSubstr("none.txt"));
}

TEST(WordCounts, SpecialTokensCutAndDoNotCount) {
  WordCounts counts({"<|end|>", "<|end|>s"});
  counts.Add("two words<|end|>\n\n<|end|>s two");
  counts.Add("two");
  EXPECT_THAT(counts.words(),
              UnorderedElementsAre(Pair("two", 2), Pair(" words", 1), Pair("\n\n", 1), Pair(" two", 1)));
  EXPECT_EQ(counts.bytes(), 2U * 3 + 6 + 2 + 4);
}

TEST(WordCounts, SpecialTokensThatCannotBe) {
  const auto expect = [](std::vector<std::string> tokens, const char* says) {
    EXPECT_BANTAM_ERROR(WordCounts(std::move(tokens)), ErrorCode::kUsage, HasSubstr(says));
  };
  expect({"<s>", "<t>", "<s>"}, "\"<s>\" stands twice");
  expect({""}, "empty");
  expect({"<\xff>"}, "not UTF-8");
  expect({"<a b>"}, "white space");
  expect({"a"}, "other bytes");
  expect({"\u0120the"}, "other bytes");
  expect({"<\u00e9>"}, "other bytes");
  EXPECT_NO_THROW(WordCounts({"the", "漢", "<漢é>"}));
}

}  // namespace
}  // namespace bantam
