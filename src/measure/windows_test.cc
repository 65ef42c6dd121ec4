#include "measure/windows.h"

#include <fmt/core.h>

#include <numeric>

#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int32_t> Count(int n) {
  std::vector<int32_t> tokens(n);
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

TEST(WindowsTest, CutsPiecesAndScoresTheSecondHalf) {
  const WindowSet set = CutWindows(Count(19), 6, 99, 0);
  ASSERT_EQ(set.windows.size(), 3u);  // the token left over is dropped
  EXPECT_THAT(set.windows[0].tokens, ElementsAre(99, 1, 2, 3, 4, 5));
  EXPECT_THAT(set.windows[2].tokens, ElementsAre(99, 13, 14, 15, 16, 17));
  EXPECT_EQ(set.windows[0].first, 3);
  EXPECT_EQ(set.windows[0].scored(), 2);  // tokens 4 and 5: n_ctx - n_ctx / 2 - 1
  EXPECT_EQ(set.scored(), 6);
}

TEST(WindowsTest, WithoutBosTheFirstTokenStays) {
  EXPECT_EQ(CutWindows(Count(16), 5, std::nullopt, 0).windows[1].tokens.front(), 5);
}

TEST(WindowsTest, OddContextAndLimit) {
  const WindowSet set = CutWindows(Count(100), 7, std::nullopt, 2);
  EXPECT_EQ(set.windows.size(), 2u);
  EXPECT_EQ(set.windows[0].first, 3);
  EXPECT_EQ(set.windows[0].scored(), 3);
}

TEST(WindowsTest, RefusesWhatCannotBeScored) {
  EXPECT_BANTAM_ERROR(CutWindows(Count(100), 3, {}, 0), ErrorCode::kUsage, HasSubstr("at least 4"));
  EXPECT_BANTAM_ERROR(CutWindows(Count(100), 51, {}, 0), ErrorCode::kUsage, HasSubstr("has 100 tokens"));
  EXPECT_EQ(CutWindows(Count(100), 50, {}, 0).windows.size(), 2u);
}

TEST(WindowsTest, SplitsDocumentsAtSeparatorLines) {
  constexpr std::string_view kEnd = "<|endoftext|>";
  EXPECT_THAT(SplitDocuments("one\nline\n<|endoftext|>\ntwo\n", kEnd), ElementsAre("one\nline", "two\n"));
  EXPECT_THAT(SplitDocuments("<|endoftext|>\na\n<|endoftext|>\n<|endoftext|>\nb\n<|endoftext|>", kEnd),
              ElementsAre("a", "b"));
  EXPECT_THAT(SplitDocuments("says <|endoftext|> inside", kEnd), ElementsAre("says <|endoftext|> inside"));
  EXPECT_THAT(SplitDocuments("", kEnd), ElementsAre());
}

// A vocabulary of three letters, and of the bytes that every vocabulary of this kind must have, is enough to see what
// surrounds a document.
Tokenizer LetterTokenizer(bool add_eos) {
  Vocabulary vocabulary;
  vocabulary.kind = TokenizerKind::kSentencePieceBpe;
  vocabulary.tokens = {"<unk>", "<s>", "</s>", "a", "b", "c"};
  vocabulary.types = {TokenType::kUnknown, TokenType::kControl, TokenType::kControl,
                      TokenType::kNormal,  TokenType::kNormal,  TokenType::kNormal};
  vocabulary.scores = {0, 0, 0, -1, -2, -3};
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary.tokens.push_back(fmt::format("<0x{:02X}>", byte));
    vocabulary.types.push_back(TokenType::kByte);
    vocabulary.scores.push_back(0);
  }
  vocabulary.unk = 0, vocabulary.bos = 1, vocabulary.eos = 2;
  vocabulary.add_bos = true;
  vocabulary.template_before = {1};
  vocabulary.add_eos = add_eos;
  if (add_eos) vocabulary.template_after = {2};
  vocabulary.add_space_prefix = false;
  return Tokenizer(vocabulary);
}

TEST(WindowsTest, DocumentsScoreEveryTokenAndNoEos) {
  const std::vector<std::string_view> texts = {"abc", "", "ab"};
  for (const bool add_eos : {false, true}) {
    const WindowSet set = CutDocuments(texts, LetterTokenizer(add_eos), 100, 0);
    ASSERT_EQ(set.windows.size(), 2u);  // the empty one has BOS alone
    EXPECT_THAT(set.windows[0].tokens, ElementsAre(1, 3, 4, 5));
    EXPECT_EQ(set.windows[0].scored(), 3);
    EXPECT_THAT(set.windows[1].tokens, ElementsAre(1, 3, 4));
    EXPECT_EQ(set.truncated_documents, 0);
  }
}

TEST(WindowsTest, LongDocumentsAreCutAndCounted) {
  const std::vector<std::string_view> texts = {"abcabcabc", "ab", "c"};
  const WindowSet set = CutDocuments(texts, LetterTokenizer(false), 4, 2);
  ASSERT_EQ(set.windows.size(), 2u);
  EXPECT_THAT(set.windows[0].tokens, ElementsAre(1, 3, 4, 5));
  EXPECT_EQ(set.truncated_documents, 1);
  EXPECT_BANTAM_ERROR(CutDocuments({}, LetterTokenizer(false), 4, 2), ErrorCode::kUsage, HasSubstr("no document"));
}

}  // namespace
}  // namespace bantam
