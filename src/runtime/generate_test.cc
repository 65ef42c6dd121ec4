#include "runtime/generate.h"

#include <cmath>

#include "base/utf8.h"
#include "runtime/session_testing.h"
#include "testing/random_tokenizer.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kVocabulary = 400;

// A byte-level tokenizer whose first 256 tokens are single bytes in some order.
const Tokenizer& ByteTokenizer() {
  static const Tokenizer tokenizer = [] {
    const testing::TemporaryFolder folder;
    testing::WriteRandomTokenizer(folder.path(), kVocabulary);
    return Tokenizer(Vocabulary::FromTokenizerJson(ReadJsonFile(folder / "tokenizer.json"), "tokenizer.json"));
  }();
  return tokenizer;
}

int32_t EndToken() {
  for (int32_t id = 0; id < ByteTokenizer().size(); ++id) {
    if (ByteTokenizer().IsEndOfGeneration(id)) return id;
  }
  return -1;
}

// A session whose best token after the prompt is the first of the script, then the second, and so on; the end token is
// always second best.
class ScriptedSession : public Session {
 public:
  ScriptedSession(std::vector<int32_t> script, int64_t context) : script_(std::move(script)), context_(context) {}

  int64_t position() const override { return position_; }
  int64_t context() const override { return context_; }
  uint64_t memory_bytes() const override { return 0; }
  std::span<const float> Forward(std::span<const int32_t> tokens, const std::function<bool()>& cancelled) override {
    if (cancelled && cancelled()) Fail(ErrorCode::kCancelled, "stopped");
    seen.insert(seen.end(), tokens.begin(), tokens.end());
    position_ += static_cast<int64_t>(tokens.size());
    if (position_ > context_) Fail(ErrorCode::kUsage, "does not fit");
    logits_.assign(kVocabulary, 0.0f);
    logits_[static_cast<size_t>(EndToken())] = 50.0f;
    logits_[static_cast<size_t>(script_.at(next_++))] = 100.0f;
    return logits_;
  }
  void ForwardAll(std::span<const int32_t>, const std::function<void(int64_t, std::span<const float>)>&) override {}
  void Truncate(int64_t position) override { position_ = position; }

  std::vector<int32_t> seen;

 private:
  std::vector<int32_t> script_;
  int64_t context_, position_ = 0;
  size_t next_ = 0;
  std::vector<float> logits_;
};

// One token per byte.
std::vector<int32_t> Bytes(const std::string& text) {
  std::vector<int32_t> ids;
  for (const char byte : text) {
    for (int32_t id = 0; id < 256; ++id) {
      if (ByteTokenizer().TokenBytes(id) == std::string(1, byte)) ids.push_back(id);
    }
  }
  EXPECT_EQ(ids.size(), text.size());
  return ids;
}

GenerateOptions Greedy() {
  GenerateOptions options;
  options.sampler.temperature = 0.0;
  return options;
}

struct Outcome {
  GenerateResult result;
  std::vector<std::string> pieces;
  std::vector<int32_t> seen;
};

Outcome Answer(std::vector<int32_t> script, GenerateOptions options, int64_t context = 100) {
  script.push_back(EndToken());
  ScriptedSession session(std::move(script), context);
  Outcome run;
  options.stream = [&](std::string_view text) { run.pieces.emplace_back(text); };
  const std::vector<int32_t> prompt = {1, 2, 3};
  run.result = Generate(session, ByteTokenizer(), prompt, options);
  run.seen = session.seen;
  std::string joined;
  for (const std::string& piece : run.pieces) {
    EXPECT_TRUE(IsValidUtf8(piece)) << piece;
    joined += piece;
  }
  EXPECT_EQ(joined, run.result.text);
  return run;
}

TEST(Generate, EndsAtTheEndToken) {
  const Outcome run = Answer(Bytes(" hi"), Greedy());
  EXPECT_EQ(run.result.text, " hi");
  EXPECT_EQ(run.result.finish_reason, FinishReason::kStop);
  EXPECT_EQ(run.result.tokens.size(), 4u);
  EXPECT_EQ(run.result.tokens.back(), EndToken());
  EXPECT_EQ(run.result.timings.prompt_n, 3);
  EXPECT_EQ(run.result.timings.predicted_n, 4);
  EXPECT_GT(run.result.timings.prompt_ms, 0.0);
  EXPECT_GT(run.result.timings.predicted_per_second(), 0.0);
  // The last token is sampled but never processed.
  std::vector<int32_t> expected = {1, 2, 3};
  for (const int32_t id : Bytes(" hi")) expected.push_back(id);
  EXPECT_EQ(run.seen, expected);
}

TEST(Generate, NeverStreamsHalfACharacter) {
  const Outcome run = Answer(Bytes("a\xc3\xa9\xf0\x9f\x98\x80z"), Greedy());
  EXPECT_THAT(run.pieces, ElementsAre("a", "\xc3\xa9", "\xf0\x9f\x98\x80", "z"));
  GenerateOptions options = Greedy();
  options.max_tokens = 3;
  EXPECT_EQ(Answer(Bytes("a\xf0\x9f\x98\x80"), options).result.text, "a\xef\xbf\xbd") << "cut off within a character";
}

TEST(Generate, StopStringsEndTheAnswerAndStayOutOfIt) {
  GenerateOptions options = Greedy();
  options.stop = {"User:", "\n\n"};
  const Outcome run = Answer(Bytes("Use it.\nUser: x"), options);
  EXPECT_EQ(run.result.text, "Use it.\n");
  EXPECT_EQ(run.result.finish_reason, FinishReason::kStop);
  EXPECT_THAT(run.pieces, ElementsAre("Use ", "i", "t", ".", "\n")) << "held back while it may begin a stop string";
  EXPECT_EQ(Answer(Bytes("a\n\nb"), options).result.text, "a");
  EXPECT_EQ(Answer(Bytes("a\n"), options).result.text, "a\n") << "what was held back comes at the end";
}

TEST(Generate, StopsAtMaxTokensAndAtTheEndOfTheContext) {
  GenerateOptions options = Greedy();
  options.max_tokens = 2;
  const Outcome some = Answer(Bytes("abcd"), options);
  EXPECT_EQ(some.result.text, "ab");
  EXPECT_EQ(some.result.finish_reason, FinishReason::kLength);
  EXPECT_EQ(some.seen.size(), 4u);

  options.max_tokens = 0;
  const Outcome none = Answer(Bytes("abcd"), options);
  EXPECT_EQ(none.result.text, "");
  EXPECT_EQ(none.result.finish_reason, FinishReason::kLength);
  EXPECT_EQ(none.result.timings.prompt_n, 3);
  EXPECT_EQ(none.result.timings.predicted_n, 0);

  // Three tokens of prompt and two more fit; the third answer token is sampled from the last of them.
  const Outcome full = Answer(Bytes("abcdefgh"), Greedy(), 5);
  EXPECT_EQ(full.result.text, "abc");
  EXPECT_EQ(full.result.finish_reason, FinishReason::kLength);

  options.max_tokens = -2;
  EXPECT_BANTAM_ERROR(Answer({}, options), ErrorCode::kUsage, HasSubstr("max_tokens"));
  EXPECT_BANTAM_ERROR(Answer({}, Greedy(), 2), ErrorCode::kUsage, HasSubstr("does not fit"));
}

TEST(Generate, IgnoreEosNeverSamplesAnEndToken) {
  GenerateOptions options = Greedy();
  options.ignore_eos = true;
  options.max_tokens = 3;
  std::vector<int32_t> script = Bytes("a");
  script.push_back(EndToken());
  script.push_back(Bytes("b")[0]);
  const Outcome run = Answer(script, options);
  EXPECT_EQ(run.result.tokens.size(), 3u);
  EXPECT_EQ(run.result.tokens[0], script[0]);
  EXPECT_NE(run.result.tokens[1], EndToken());
  EXPECT_EQ(run.result.tokens[2], script[2]);
  EXPECT_EQ(run.result.finish_reason, FinishReason::kLength);
}

TEST(Generate, CancellingKeepsWhatThereIs) {
  for (const int allowed : {0, 1, 2, 3, 4}) {
    GenerateOptions options = Greedy();
    int asked = 0;
    options.cancelled = [&] { return asked++ >= allowed; };
    const Outcome run = Answer(Bytes("abcdef"), options);
    EXPECT_EQ(run.result.finish_reason, FinishReason::kCancelled);
    // Asked by the session before each forward pass and by Generate before each token.
    EXPECT_EQ(run.result.text, std::string("abcdef").substr(0, static_cast<size_t>(allowed / 2))) << allowed;
    EXPECT_EQ(run.result.timings.prompt_n, allowed == 0 ? 0 : 3);
  }
}

TEST(Generate, ThePromptCountsForThePenalties) {
  GenerateOptions options = Greedy();
  options.max_tokens = 1;
  options.sampler.repeat_penalty = 3.0;  // 100 / 3 is less than the end token's 50
  EXPECT_EQ(Answer({2}, options).result.tokens[0], EndToken());
  EXPECT_EQ(Answer({4}, options).result.tokens[0], 4);
}

TEST(Generate, Stories260KPrintsItsGoldenText) {
  BANTAM_NEEDS_DATA();
  const auto folder = testing::DataFolder() / "models/stories260K";
  const auto model = Model::Open(folder / "stories260K.bin");
  const Tokenizer tokenizer(Vocabulary::FromLlama2c(
      ReadLlama2cTokenizer(folder / "tok512.bin", static_cast<int32_t>(model->architecture().vocab_size))));
  const auto session = Session::Create(RuntimeModel::Load(*model), {.kv = DType::kF32});
  GenerateOptions options = Greedy();
  const std::string golden =
      ", there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. "
      "She "
      "wanted to play with it, but it was too high.\nLily's mom said, \"Lily, let's go to the park.\" Lily was sad and "
      "didn't know what to do. She said, \"I want to play with your ball, but I can't find it.\"";
  options.max_tokens = 150;
  const auto result = Generate(*session, tokenizer, tokenizer.Encode("Once upon a time"), options);
  EXPECT_EQ(result.text.substr(0, golden.size()), golden);
}

}  // namespace
}  // namespace bantam
