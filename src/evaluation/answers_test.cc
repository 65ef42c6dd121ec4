#include "evaluation/answers.h"

#include "base/cancel.h"
#include "base/progress.h"
#include "evaluation/test_subject.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {

const Subject& testing::TestSubject() {
  static const Subject subject = [] {
    Progress::SetEnabled(false);
    const TemporaryFolder folder;  // the mapped files outlive their names
    WriteRandomHfFolder(folder.path(), {.seed = 7, .context = 1024});
    const auto model = Model::Open(folder.path());
    return Subject{"test", RuntimeModel::Load(*model),
                   std::make_shared<Tokenizer>(Vocabulary::FromHf(HfFolder::OpenTokenizer(folder.path())))};
  }();
  return subject;
}

namespace {

using bantam::testing::Conversations;
using bantam::testing::TestSubject;
using ::testing::HasSubstr;

const std::vector<Sample>& Samples() {
  static const auto samples = Conversations({{"write a poem", "no"},
                                             {"write a poster about an eel", "no"},
                                             {"who are you", "a cock"},
                                             {"write a poster about a goose", "no"},
                                             {"where is the gate", "there"},
                                             {"where is the quay", "here"}});
  return samples;
}

AnswerOptions Options(uint64_t seed = 5) {
  AnswerOptions options;
  options.sampler.temperature = 0.75;
  options.sampler.seed = seed;
  options.max_tokens = 12;
  return options;
}

std::vector<std::string> Texts(const Answers& answers) {
  std::vector<std::string> texts;
  for (const Answer& answer : answers.answers) texts.push_back(answer.text);
  return texts;
}

std::vector<std::string> Ask(int threads, const AnswerOptions& options) {
  ThreadPool pool(threads);
  return Texts(AnswerAll(TestSubject(), EncodePrompts(TestSubject(), Samples()), options, pool, "asking"));
}

TEST(Answers, DoNotDependOnThreads) {
  const auto alone = Ask(1, Options());
  ASSERT_EQ(alone.size(), Samples().size());
  EXPECT_EQ(Ask(3, Options()), alone);
  EXPECT_EQ(Ask(16, Options()), alone);
  EXPECT_NE(alone, Ask(1, Options(6)));
}

TEST(Answers, DoNotDependOnWhatWasAskedBefore) {
  ThreadPool pool(1);
  const auto prompts = EncodePrompts(TestSubject(), Samples());
  AnswerOptions greedy = Options();
  greedy.sampler.temperature = 0.0;
  const auto together = Texts(AnswerAll(TestSubject(), prompts, greedy, pool, "asking"));
  for (size_t i = 0; i < prompts.size(); ++i) {
    EXPECT_EQ(Texts(AnswerAll(TestSubject(), {prompts[i]}, greedy, pool, "asking")).front(), together[i]);
  }
}

TEST(Answers, EndWhereTheyMust) {
  ThreadPool pool(1);
  const Answers answers = AnswerAll(TestSubject(), EncodePrompts(TestSubject(), Samples()), Options(), pool, "asking");
  int64_t tokens = 0;
  for (const Answer& answer : answers.answers) {
    EXPECT_TRUE(answer.ended || answer.tokens == 12) << answer.tokens;
    EXPECT_GT(answer.tokens, 0);
    EXPECT_LE(answer.tokens, 12);
    tokens += answer.tokens;
  }
  EXPECT_EQ(answers.tokens(), tokens);
  EXPECT_EQ(ToJson(answers)["count"], 6);
}

TEST(Answers, StopOnCtrlC) {
  ThreadPool pool(2);
  const auto prompts = EncodePrompts(TestSubject(), Samples());
  RequestCancel();
  EXPECT_BANTAM_ERROR(AnswerAll(TestSubject(), prompts, Options(), pool, "asking"), ErrorCode::kCancelled,
                      ::testing::_);
  ClearCancel();
}

TEST(Answers, PromptsHoldTheConversationWithoutItsAnswer) {
  const auto prompts = EncodePrompts(TestSubject(), Conversations({{"who are you", "secret"}}));
  const std::string text = TestSubject().tokenizer->Decode(prompts.front(), false);
  EXPECT_EQ(
      text,
      "<|begin_of_text|><|start|>system\nyou are a cock<|end|><|start|>user\nwho are you<|end|><|start|>assistant\n");
}

TEST(Answers, Errors) {
  ThreadPool pool(2);
  const auto longest = EncodePrompts(TestSubject(), Conversations({{std::string(3000, '!'), "no"}}));
  EXPECT_BANTAM_ERROR(AnswerAll(TestSubject(), longest, Options(), pool, "asking"), ErrorCode::kUsage,
                      HasSubstr("test: a prompt of"));
  Sample sample;
  sample.id = 4;
  sample.messages = {{"user", "hello"}};
  EXPECT_BANTAM_ERROR(EncodePrompts(TestSubject(), {sample}), ErrorCode::kFormat, HasSubstr("sample 4"));
}

}  // namespace
}  // namespace bantam
