#include "task/text_measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam {
namespace {

using ::testing::ElementsAre;

TEST(TextMeasuresTest, WordsKnowWhereSentencesBeginAndHyphensJoin) {
  std::string seen;
  for (const Word& word : Words("Stop! The miller's wife; well-known.\nGo 2 u")) {
    seen +=
        (word.starts_sentence ? "^" : "") + std::string(word.after_hyphen ? "-" : "") + std::string(word.text) + ' ';
  }
  EXPECT_EQ(seen, "^Stop ^The miller's wife well -known ^Go u ");
}

TEST(TextMeasuresTest, SentencesEndWithMarksOrLines) {
  EXPECT_THAT(Sentences("A headline\n\nWho did? He did, at 3.5 p. m.  And ran!\n"),
              ElementsAre("A headline", "Who did?", "He did, at 3.5 p.", "m.", "And ran!"));
  EXPECT_THAT(Sentences(" \n "), ElementsAre());
}

TEST(TextMeasuresTest, StemsJoinTheFormsOfAWord) {
  const std::vector<std::vector<std::string>> families = {
      {"blunder", "Blunders", "blundering", "blundered", "blunder's"},
      {"preach", "preaches", "preached", "preaching"},
      {"sell", "sells", "selling"},
      {"drop", "dropped", "dropping"},
      {"bungle", "bungled", "bungling"},
      {"lady", "ladies"},
      {"greedy", "greediest"},
      {"boss", "bosses"},
  };
  for (const std::vector<std::string>& family : families) {
    for (const std::string& word : family) EXPECT_EQ(Stem(word), Stem(family.front())) << word;
  }
  EXPECT_NE(Stem("greed"), Stem("green"));
  EXPECT_NE(Stem("lord"), Stem("lady"));
  EXPECT_EQ(Stem("this"), "thi");  // short words lose an s; nobody lists them
}

TEST(TextMeasuresTest, FunctionWordsAreNoContent) {
  EXPECT_TRUE(IsFunctionWord("The"));
  EXPECT_TRUE(IsFunctionWord("with"));
  EXPECT_FALSE(IsFunctionWord("watered"));
}

}  // namespace
}  // namespace bantam
