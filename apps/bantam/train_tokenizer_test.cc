// bantam train tokenizer as a user meets it.
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <signal.h>

#include "base/file.h"
#include "base/json.h"
#include "testing/process.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::Finished;
using bantam::testing::ProcessOptions;
using bantam::testing::RunProcess;
using bantam::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Arguments = std::vector<std::string>;

class TrainTokenizerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string text, talk;
    for (int i = 0; i < 200; ++i) {
      text += fmt::format("The eel of the year {} swims under bridge {}.\n<|endoftext|>\n", i * i, i);
      talk += fmt::format("{{\"messages\": [{{\"role\": \"user\", \"content\": \"who saw {} eels?\"}}]}}\n", i);
    }
    WriteFileAtomically(Path("text.txt"), text);
    WriteFileAtomically(Path("talk.jsonl"), talk);
    WriteFileAtomically(Path("template.jinja"), "{% for m in messages %}<|im_start|>{{ m.content }}{% endfor %}");
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  Finished Train(const Arguments& more, const ProcessOptions& options = {}) const {
    Arguments arguments = {"train", "tokenizer", "-o", Path("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProcess(BANTAM, arguments, options);
  }

  TemporaryFolder folder_;
};

TEST_F(TrainTokenizerTest, TrainsWhatOtherVerbsRead) {
  const Finished finished = Train({Path("text.txt"), Path("talk.jsonl"), "--vocab-size", "320", "--chat-template",
                                   Path("template.jinja"), "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const Json report = ParseJson(finished.out, "report");
  EXPECT_EQ(report["schema"], "bantam.train_tokenizer/1");
  EXPECT_EQ(report["vocab_size"], 320);
  EXPECT_EQ(report["merges"], 320 - 256 - 3);
  EXPECT_EQ(report["special_tokens"], Json({"<|endoftext|>", "<|im_start|>", "<|im_end|>"}));
  EXPECT_DOUBLE_EQ(report["bytes_per_token"].get<double>(),
                   report["corpus_bytes"].get<double>() / report["corpus_tokens"].get<double>());
  EXPECT_GT(report["bytes_per_token"].get<double>(), 1.5);

  const Finished tokens =
      RunProcess(BANTAM, {"tokenize", "-m", Path("out"), "-f", Path("text.txt"), "--no-bos", "--json"});
  ASSERT_EQ(tokens.status, 0) << tokens.err;
  std::string text;
  const Json parsed = ParseJson(tokens.out, "tokens");
  for (const Json& token : parsed["tokens"]) text += token["piece"].get<std::string>();
  EXPECT_EQ(text, ReadFile(Path("text.txt")));
  const Json config = ReadJsonFile(Path("out/tokenizer_config.json"));
  EXPECT_EQ(config["chat_template"], ReadFile(Path("template.jinja")));
}

TEST_F(TrainTokenizerTest, SaysWhatItMade) {
  const Finished finished = Train({Path("text.txt"), "--vocab-size", "300"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("300 tokens: 3 special, 256 bytes, 41 merges"));
  EXPECT_THAT(finished.out, HasSubstr(" bytes per token"));
  EXPECT_THAT(finished.err, IsEmpty());
  const Finished strange = Train({Path("text.txt"), "--vocab-size", "300", "--special", "<x>", "<y>"});
  EXPECT_THAT(strange.out, HasSubstr("2 special"));
  EXPECT_THAT(strange.err, HasSubstr("end of an answer"));
}

TEST_F(TrainTokenizerTest, TheOrderOfFilesDoesNotMatter) {
  const auto trained = [&](const Arguments& files) {
    Arguments arguments = files;
    arguments.insert(arguments.end(), {"--vocab-size", "330"});
    const Finished finished = Train(arguments);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return ReadFile(Path("out/tokenizer.json"));
  };
  EXPECT_EQ(trained({Path("text.txt"), Path("talk.jsonl")}), trained({Path("talk.jsonl"), Path("text.txt")}));
}

TEST_F(TrainTokenizerTest, Errors) {
  WriteFileAtomically(Path("bad.txt"), "caf\xe9 au lait");
  WriteFileAtomically(Path("empty.txt"), "");
  WriteFileAtomically(Path("bad.jsonl"), "{\"text\": \"a\"}\n{\"story\": \"b\"}\n");
  WriteFileAtomically(Path("bad.jinja"), "{% if %}");
  const std::string text = Path("text.txt");
  const struct {
    Arguments arguments;
    int status;
    const char* says;
  } cases[] = {
      {{}, 2, "files"},
      {{text, "--vocab-size", "258"}, 2, "--vocab-size"},
      {{text, "--min-frequency", "0"}, 2, "--min-frequency"},
      {{text, "--max-bytes", "1"}, 2, "--max-bytes"},
      {{text, "--special", "a"}, 2, "special token \"a\""},
      {{text, "--chat-template", Path("bad.jinja")}, 3, "bad.jinja"},
      {{text, "--vocab-size", "100000"}, 3, " merges of the 99741"},
      {{Path("bad.txt")}, 3, "bad.txt: is not UTF-8: byte 0xE9 at offset 3"},
      {{Path("empty.txt")}, 3, "empty.txt"},
      {{Path("bad.jsonl")}, 3, "bad.jsonl, line 2"},
      {{Path("none.txt")}, 4, "none.txt"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(c.arguments, " ")));
    const Finished finished = Train(c.arguments);
    EXPECT_EQ(finished.status, c.status);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr(c.says));
    EXPECT_FALSE(std::filesystem::exists(Path("out")));
  }
}

TEST_F(TrainTokenizerTest, CtrlCLeavesNothing) {
  const Finished finished =
      Train({Path("text.txt"), "--vocab-size", "300"}, {.started = [](pid_t pid) { kill(pid, SIGINT); }});
  EXPECT_EQ(finished.status, 130);
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

TEST_F(TrainTokenizerTest, HelpHasAnExample) {
  for (const Arguments& arguments : {Arguments{"train", "--help"}, Arguments{"train", "tokenizer", "--help"}}) {
    const Finished help = RunProcess(BANTAM, arguments);
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, HasSubstr("Example"));
    EXPECT_THAT(help.out, HasSubstr("\n  bantam train tokenizer"));
  }
}

}  // namespace
}  // namespace bantam
