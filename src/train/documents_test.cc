// From files to documents: text, conversations, preference pairs.
#include "base/file.h"
#include "math/gemm.h"
#include "testing/testing.h"
#include "train/load_data.h"
#include "train/preference_pairs.h"
#include "train/test_chat_tokenizer.h"
#include "train/text_documents.h"

namespace bantam {
namespace {

using bantam::testing::ChatTokenizer;
using bantam::testing::kEndOfText;
using bantam::testing::kImEnd;
using bantam::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TextDocumentsTest, SplitsAtTheSeparator) {
  EXPECT_THAT(SplitTextDocuments("one\ntwo\n<|endoftext|>\nthree\n"), ElementsAre("one\ntwo", "three"));
  EXPECT_THAT(SplitTextDocuments("a<|endoftext|>b<|endoftext|>"), ElementsAre("a", "b"));
  EXPECT_THAT(SplitTextDocuments("<|endoftext|>\n\n<|endoftext|>\r\n"), IsEmpty());
  EXPECT_THAT(SplitTextDocuments(""), IsEmpty());
  EXPECT_THAT(SplitTextDocuments(" kept \n"), ElementsAre(" kept "));
}

TEST(TextDocumentsTest, EndsWithTheSeparatorsToken) {
  const Tokenizer tokenizer = ChatTokenizer();
  EXPECT_EQ(DocumentEnd(tokenizer.vocabulary()), kEndOfText);
  const TokenizedDocument document = EncodeTextDocument("hi", tokenizer, kEndOfText);
  EXPECT_EQ(document.tokens.size(), 3u);
  EXPECT_EQ(document.tokens.back(), kEndOfText);
  EXPECT_THAT(document.completion, IsEmpty());
  // A text that only talks about the token does not end there.
  EXPECT_EQ(EncodeTextDocument("<|im_end|>", tokenizer, kEndOfText).tokens.size(), 11u);
  Vocabulary none = bantam::testing::FromJson(bantam::testing::ByteLevelJson({}));
  none.eos.reset();
  EXPECT_BANTAM_ERROR(DocumentEnd(none), ErrorCode::kUnsupported, HasSubstr("ends a document"));
}

// The tokens that are completion, as text; the others as dots.
std::string Marked(const Tokenizer& tokenizer, const TokenizedDocument& document) {
  std::string marked;
  for (size_t i = 0; i < document.tokens.size(); ++i) {
    marked += document.completion[i] != 0 ? tokenizer.TokenBytes(document.tokens[i], false) : ".";
  }
  return marked;
}

TEST(ChatEncoderTest, TheAnswersAndTheirEndAreCompletion) {
  const Tokenizer tokenizer = ChatTokenizer();
  const ChatEncoder encoder(tokenizer);
  const Json line = ParseJson(
      R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "Yes."},
          {"role": "user", "content": "b"}, {"role": "assistant", "content": "No."}], "tags": {"kind": "x"}})",
      "test");
  const TokenizedDocument document = encoder.Encode(line, "here");
  const std::string text =
      "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nYes.<|im_end|>\n"
      "<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\nNo.<|im_end|>\n";
  EXPECT_EQ(tokenizer.Decode(document.tokens, false), text);
  EXPECT_EQ(document.tokens, tokenizer.Encode(text, {.parse_special = true}));
  const std::string user(1 + 5 + 1 + 1 + 1, '.'), assistant(1 + 10, '.');
  EXPECT_EQ(Marked(tokenizer, document), user + assistant + "Yes.<|im_end|>." + user + assistant + "No.<|im_end|>.");
}

TEST(ChatEncoderTest, PromptAndCompletionGoWithoutTemplate) {
  const Tokenizer tokenizer = ChatTokenizer(nullptr);
  const ChatEncoder encoder(tokenizer);
  const TokenizedDocument document =
      encoder.Encode(ParseJson(R"({"prompt": "2+2=", "completion": "4"})", "test"), "here");
  EXPECT_EQ(Marked(tokenizer, document), "....4<|endoftext|>");
  EXPECT_BANTAM_ERROR(
      encoder.Encode(ParseJson(R"({"messages": [{"role": "assistant", "content": "x"}]})", "t"), "here"),
      ErrorCode::kUnsupported, HasSubstr("no chat template"));
}

TEST(ChatEncoderTest, BadLines) {
  const Tokenizer tokenizer = ChatTokenizer();
  const ChatEncoder encoder(tokenizer);
  const std::pair<const char*, const char*> cases[] = {
      {"[1]", "neither"},
      {R"({"text": "x"})", "neither"},
      {R"({"messages": []})", "no list of messages"},
      {R"({"messages": "x"})", "no list of messages"},
      {R"({"messages": [{"role": "user"}]})", "\"content\""},
      {R"({"messages": [{"role": "user", "content": 5}]})", "\"content\""},
      {R"({"messages": [{"role": "user", "content": "x"}]})", "no message is the assistant's"},
      {R"({"prompt": "x"})", "completion"},
      {R"({"prompt": 1, "completion": "x"})", "prompt"},
  };
  for (const auto& [line, says] : cases) {
    SCOPED_TRACE(line);
    EXPECT_BANTAM_ERROR(encoder.Encode(ParseJson(line, "test"), "corpus.jsonl, line 7"), ErrorCode::kFormat,
                        AllOf(HasSubstr("corpus.jsonl, line 7"), HasSubstr(says)));
  }
}

// Some templates cut the thoughts out of earlier answers; then what was trained is not what the model will see.
TEST(ChatEncoderTest, ATemplateThatRewritesEarlierTurnsIsRefused) {
  const Tokenizer tokenizer = ChatTokenizer(
      "{% for m in messages %}{{ m.role }}:{% if loop.last %}{{ m.content }}{% endif %};{% endfor %}"
      "{% if add_generation_prompt %}assistant:{% endif %}");
  const ChatEncoder encoder(tokenizer);
  const Json line = ParseJson(
      R"({"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"},
                       {"role": "assistant", "content": "c"}]})",
      "test");
  EXPECT_BANTAM_ERROR(encoder.Encode(line, "here"), ErrorCode::kUnsupported, HasSubstr("rewrites earlier turns"));
}

TEST(LoadDataTest, ReadsInOrderWithAnyNumberOfThreads) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 9000; ++i) text += std::to_string(i) + "<|endoftext|>";
  WriteFileAtomically(folder / "a.txt", text);
  WriteFileAtomically(folder / "b.txt", "last");
  const Tokenizer tokenizer = ChatTokenizer();
  DataSource source;
  source.files = {folder / "a.txt", folder / "b.txt"};
  for (const int threads : {1, 3}) {
    SetGemmThreads(threads);
    const SegmentSet set = LoadDataSet(source, tokenizer, 64, 1.0);
    ASSERT_EQ(set.size(), 9001);
    TrainingBatch batch;
    set.AppendTo(8765, batch);
    EXPECT_EQ(tokenizer.Decode(batch.tokens), "8765");
    set.AppendTo(9000, batch);
    EXPECT_EQ(tokenizer.Decode(batch.tokens), "8765last");
    EXPECT_THAT(batch.document_begin, ElementsAre(0, 4, 8));
    EXPECT_EQ(batch.targets.back(), kEndOfText);
  }
  SetGemmThreads(0);
}

TEST(LoadDataTest, NamesTheLineOfABadConversation) {
  const TemporaryFolder folder;
  WriteFileAtomically(folder / "chat.jsonl",
                      "{\"prompt\": \"a\", \"completion\": \"b\"}\n\n{\"prompt\": \"a\", \"completion\": }\n");
  const Tokenizer tokenizer = ChatTokenizer();
  DataSource source;
  source.kind = DataSource::Kind::kChat;
  source.files = {folder / "chat.jsonl"};
  EXPECT_BANTAM_ERROR(LoadDataSet(source, tokenizer, 64, 1.0), ErrorCode::kFormat, HasSubstr("chat.jsonl, line 3"));
}

TEST(LoadDataTest, ATinyCorpusIsTrainedOnAndAnEmptyOneIsAnError) {
  const TemporaryFolder folder;
  const Tokenizer tokenizer = ChatTokenizer();
  DataSource source;
  source.files = {folder / "text.txt"};
  source.name = "text.txt";
  WriteFileAtomically(folder / "text.txt", "x");
  EXPECT_EQ(LoadDataSet(source, tokenizer, 64, 1.0).predictions(), 1);
  for (const char* empty : {"", "\n\n", "<|endoftext|>\n"}) {
    WriteFileAtomically(folder / "text.txt", empty);
    EXPECT_BANTAM_ERROR(LoadDataSet(source, tokenizer, 64, 1.0), ErrorCode::kUsage,
                        AllOf(HasSubstr("text.txt"), HasSubstr("nothing to train on")));
  }
  source.files = {folder / "missing.txt"};
  EXPECT_BANTAM_ERROR(LoadDataSet(source, tokenizer, 64, 1.0), ErrorCode::kIo, HasSubstr("missing.txt"));
}

TEST(PreferencePairsTest, OnlyTheAnswersHaveWeight) {
  const TemporaryFolder folder;
  const Tokenizer tokenizer = ChatTokenizer();
  Recipe recipe;
  recipe.sequence_length = 64;
  recipe.micro_batch_tokens = 100;
  recipe.dpo.emplace().pairs = folder / "pairs.jsonl";
  const std::string good = R"({"prompt": [{"role": "user", "content": "hi"}], "chosen": "good", "rejected": "bad"})";
  WriteFileAtomically(folder / "pairs.jsonl", good + "\n");
  const SegmentSet pairs = LoadPreferencePairs(recipe, tokenizer);
  ASSERT_EQ(pairs.size(), 2);
  std::string said[2];
  for (int answer = 0; answer < 2; ++answer) {
    TrainingBatch batch;
    pairs.AppendTo(answer, batch);
    for (size_t i = 0; i < batch.targets.size(); ++i) {
      if (batch.weights[i] > 0.0f) said[answer] += tokenizer.TokenBytes(batch.targets[i], false);
    }
  }
  EXPECT_EQ(said[0], "good<|im_end|>");
  EXPECT_EQ(said[1], "bad<|im_end|>");

  const std::pair<std::string, const char*> bad[] = {
      {R"({"chosen": "a", "rejected": "b"})", "\"prompt\""},
      {R"({"prompt": [{"role": "user", "content": "hi"}], "chosen": "a"})", "rejected"},
      {R"({"prompt": "hi", "chosen": "a", "rejected": "b"})", "no list of messages"},
  };
  for (const auto& [line, says] : bad) {
    WriteFileAtomically(folder / "pairs.jsonl", good + "\n" + line + "\n");
    EXPECT_BANTAM_ERROR(LoadPreferencePairs(recipe, tokenizer), ErrorCode::kFormat,
                        AllOf(HasSubstr("pairs.jsonl, line 2"), HasSubstr(says)));
  }
  WriteFileAtomically(folder / "pairs.jsonl", good + "\n");
  recipe.sequence_length = 20;
  EXPECT_BANTAM_ERROR(LoadPreferencePairs(recipe, tokenizer), ErrorCode::kUsage, HasSubstr("raise sequence_length"));
  recipe.sequence_length = 30;
  recipe.micro_batch_tokens = 40;
  EXPECT_BANTAM_ERROR(LoadPreferencePairs(recipe, tokenizer), ErrorCode::kUsage, HasSubstr("raise micro_batch_tokens"));
}

}  // namespace
}  // namespace bantam
