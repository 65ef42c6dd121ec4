// The programs as a user meets them: every verb, help, wrong flags, missing files, exit statuses, signals, full disks.
#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/json.h"
#include "formats/gguf.h"
#include "testing/process.h"
#include "testing/random_model.h"
#include "testing/testing.h"
#include "testing/tiny_model.h"

namespace bantam {
namespace {

using bantam::testing::DataFolder;
using bantam::testing::Finished;
using bantam::testing::ProcessOptions;
using bantam::testing::RunProcess;
using bantam::testing::TemporaryFolder;
using bantam::testing::WriteTinyModel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Arguments = std::vector<std::string>;

Finished Bantam(const Arguments& arguments, const ProcessOptions& options = {}) {
  return RunProcess(BANTAM, arguments, options);
}

#define EXPECT_SUCCESS(finished) EXPECT_EQ((finished).status, 0) << (finished).err

// A failure says one line on standard error and nothing on standard output.
void ExpectFailure(const Finished& finished, int status, const std::string& says) {
  EXPECT_EQ(finished.status, status) << finished.err;
  EXPECT_THAT(finished.out, IsEmpty());
  EXPECT_THAT(finished.err, StartsWith("error: "));
  EXPECT_THAT(finished.err, HasSubstr(says));
  EXPECT_EQ(finished.err.find('\n'), finished.err.size() - 1) << finished.err;
}

// A folder with a model of random weights, its tokenizer and a text.
class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteTinyModel(folder_.path());
    WriteFileAtomically(Path("template.jinja"),
                        "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}"
                        "{% if add_generation_prompt %}answer {% endif %}");
    std::string text;
    for (int i = 0; i < 200; ++i) text += fmt::format("word {} of the text\n", i);
    WriteFileAtomically(Path("text.txt"), text);
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  Arguments Model() const { return {"-m", Path("model.bin"), "--tokenizer", Path("tokenizer.bin")}; }
  Arguments With(const std::string& verb, const Arguments& more) const {
    Arguments arguments = {verb};
    for (const std::string& argument : Model()) arguments.push_back(argument);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string Convert(const std::string& type) const {
    const std::string output = Path(type + ".gguf");
    const Finished finished =
        Bantam({"convert", Path("model.bin"), "--tokenizer", Path("tokenizer.bin"), "--type", type, "-o", output});
    EXPECT_SUCCESS(finished);
    return output;
  }

  TemporaryFolder folder_;
};

TEST_F(CliTest, EveryVerbTeachesWithAnExample) {
  for (const char* verb :
       {"run", "convert", "inspect", "tokenize", "detokenize", "perplexity", "compare", "content", "bench", "train"}) {
    SCOPED_TRACE(verb);
    const Finished help = Bantam({verb, "--help"});
    EXPECT_SUCCESS(help);
    EXPECT_THAT(help.out, HasSubstr("Example"));
    EXPECT_THAT(help.out, HasSubstr(std::string("bantam ") + verb));
    EXPECT_THAT(help.err, IsEmpty());
    EXPECT_THAT(Bantam({"--help"}).out, HasSubstr(verb));
  }
}

TEST_F(CliTest, VersionNamesTheBuild) {
  const Finished version = Bantam({"--version"});
  EXPECT_SUCCESS(version);
  EXPECT_THAT(version.out, StartsWith("bantam 0."));
  EXPECT_THAT(version.out, HasSubstr("compiler: "));
  EXPECT_THAT(version.out, HasSubstr("instruction sets: scalar"));
  EXPECT_THAT(Bantam({"--version"}, {.environment = {"BANTAM_ISA=scalar"}}).out, HasSubstr("in use: scalar"));
}

TEST_F(CliTest, UsageErrors) {
  const struct {
    Arguments arguments;
    const char* says;
  } cases[] = {
      {{"fly"}, "fly"},
      {{"--fast"}, "--fast"},
      {{"run", "--model", "x", "--unknown", "1"}, "--unknown"},
      {{"run", "-p", "text"}, "--model"},
      {With("run", {"-p", "a", "-n", "many"}), "many"},
      {With("run", {"-p", "a", "-n", "-2"}), "-2"},
      {With("run", {"-p", "a", "-t", "0"}), "--threads"},
      {With("run", {"-p", "a", "-f", "b"}), "--file"},
      {With("run", {"-p", "a", "--temp", "hot"}), "hot"},
      {With("run", {"-p", "a", "--top-p", "2"}), "--top-p"},
      {With("run", {"-p", "a", "--logit-bias", "5"}), "--logit-bias"},
      {With("run", {"-p", "a", "-s", "-2"}), "--seed"},
      {With("run", {}), "no chat template"},
      {With("run", {"--json"}), "--json"},
      {With("run", {"-p", "a", "-sys", "b"}), "--system-prompt"},
      {With("run", {"-p", std::string(300, 'x')}), "the prompt has"},
      {{"run", "-m", Path("model.bin"), "-p", "a"}, "--tokenizer"},
      {{"convert", Path("model.bin"), "-o", Path("out.gguf")}, "--tokenizer"},
      {{"convert", Path("model.bin")}, "--output"},
      {{"convert", Path("model.bin"), "-o", Path("out.gguf"), "--type", "q9"}, "q9"},
      {With("detokenize", {"9999"}), "9999"},
      {With("detokenize", {"1x"}), "1x"},
      {With("perplexity", {}), "--file"},
      {With("perplexity", {"-f", Path("text.txt"), "--engine", "magic"}), "--engine"},
      {With("perplexity", {"-f", Path("text.txt"), "-c", "100000"}), "tokens"},
      {With("perplexity", {"-f", Path("text.txt"), "--separator", "x"}), "--documents"},
      {{"compare", Path("model.bin")}, "1 models"},
      {{"compare", "--base", "x", "--save-base", "y", "m"}, "--save-base"},
      {{"bench", "-m", Path("model.bin"), "-o", "xml"}, "--output"},
      {{"train"}, "names no recipe"},
      {{"train", "recipe.yaml", "--steps", "0"}, "--steps"},
      {{"train", "recipe.yaml", "--speed", "9"}, "--speed"},
      {{"bench", "-m", Path("model.bin"), "-p", "0", "-n", "0"}, "both 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(c.arguments, " ")));
    ExpectFailure(Bantam(c.arguments), 2, c.says);
  }
  EXPECT_FALSE(std::filesystem::exists(Path("out.gguf")));
}

TEST_F(CliTest, EnvironmentErrors) {
  ExpectFailure(Bantam(With("run", {"-p", "a"}), {.environment = {"BANTAM_ISA=abacus"}}), 2, "abacus");
  ExpectFailure(Bantam(With("run", {"-p", "a"}), {.environment = {"BANTAM_THREADS=none"}}), 2, "BANTAM_THREADS");
}

TEST_F(CliTest, MissingAndDamagedFiles) {
  const std::string missing = Path("missing.gguf");
  for (const Arguments& arguments :
       {Arguments{"run", "-m", missing, "-p", "a"}, Arguments{"inspect", missing}, Arguments{"bench", "-m", missing},
        Arguments{"tokenize", "-m", missing, "-p", "a"}, Arguments{"convert", missing, "-o", Path("out.gguf")},
        Arguments{"train", missing}, Arguments{"compare", missing, missing, "-f", Path("text.txt")},
        With("perplexity", {"-f", missing}), With("run", {"-f", missing})}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(arguments, " ")));
    ExpectFailure(Bantam(arguments), 4, "missing.gguf");
  }
  const std::string whole = ReadFile(Convert("f16"));
  WriteFileAtomically(Path("cut.gguf"), whole.substr(0, whole.size() / 2));
  ExpectFailure(Bantam({"inspect", Path("cut.gguf")}), 3, "cut.gguf");
  ExpectFailure(Bantam({"run", "-m", Path("cut.gguf"), "-p", "a"}), 3, "cut.gguf");
  WriteFileAtomically(Path("noise.bin"), "this is no model at all");
  ExpectFailure(Bantam({"inspect", Path("noise.bin")}), 3, "noise.bin");
}

TEST_F(CliTest, ContinuesAText) {
  const Arguments arguments = With("run", {"-p", "once upon", "-n", "20", "--temp", "0"});
  const Finished plain = Bantam(arguments);
  EXPECT_SUCCESS(plain);
  EXPECT_THAT(plain.out, StartsWith("once upon"));
  EXPECT_GT(plain.out.size(), std::string("once upon").size() + 5);
  EXPECT_THAT(plain.err, IsEmpty());

  Arguments more = arguments;
  more.push_back("--json");
  const Json json = ParseJson(Bantam(more).out, "run --json");
  EXPECT_EQ(json["schema"], "bantam.run/1");
  EXPECT_EQ(json["prompt"], "once upon");
  EXPECT_EQ("once upon" + json["content"].get<std::string>() + "\n", plain.out);
  EXPECT_EQ(json["usage"]["completion_tokens"], json["timings"]["predicted_n"]);
  EXPECT_EQ(json["sampler"]["temperature"], 0.0);

  more.back() = "--no-display-prompt";
  EXPECT_EQ("once upon" + Bantam(more).out, plain.out);
  more.back() = "--verbose";
  EXPECT_THAT(Bantam(more).err, HasSubstr("\"top_k\":40"));
  for (const char* variable : {"BANTAM_THREADS=2", "BANTAM_ISA=scalar"}) {
    EXPECT_EQ(Bantam(arguments, {.environment = {variable}}).out, plain.out) << variable;
  }
}

TEST_F(CliTest, TheSeedDecidesTheText) {
  const auto with_seed = [&](const std::string& seed) {
    return Bantam(With("run", {"-p", "a", "-n", "40", "--ignore-eos", "--temp", "2", "-s", seed})).out;
  };
  EXPECT_EQ(with_seed("1"), with_seed("1"));
  EXPECT_NE(with_seed("1"), with_seed("2"));
  EXPECT_NE(with_seed("-1"), with_seed("-1"));
}

TEST_F(CliTest, StopsBeforeAStopString) {
  const Arguments arguments = {"-p", "a", "-n", "200", "--temp", "2", "-s", "1", "--ignore-eos", "--no-display-prompt"};
  const std::string text = Bantam(With("run", arguments)).out;
  // Two letters beside each other: the model's bytes are random, a stop string must be valid UTF-8.
  size_t at = 0;
  while (at + 1 < text.size() && !(std::isalpha(text[at]) && std::isalpha(text[at + 1]))) ++at;
  ASSERT_LT(at + 1, text.size()) << text;
  const std::string stop = text.substr(at, 2);
  Arguments more = arguments;
  more.insert(more.end(), {"-r", stop});
  EXPECT_EQ(Bantam(With("run", more)).out, text.substr(0, text.find(stop)) + "\n");
}

TEST_F(CliTest, SaysThatTheContextIsFull) {
  const Finished finished = Bantam(With("run", {"-p", "a", "-c", "16", "--ignore-eos", "--temp", "0"}));
  EXPECT_SUCCESS(finished);
  EXPECT_THAT(finished.err, HasSubstr("the context of 16 tokens is full"));
}

TEST_F(CliTest, ChatsLineByLineAndDropsTheOldestTurns) {
  const Arguments arguments = With("run", {"--chat-template-file", Path("template.jinja"), "-sys", "be good", "-n", "8",
                                           "--temp", "0", "--ignore-eos", "-c", "96"});
  const Finished finished = Bantam(arguments, {.input = "first message\nsecond message\nthird message\n"});
  EXPECT_SUCCESS(finished);
  EXPECT_GE(std::count(finished.out.begin(), finished.out.end(), '\n'), 3);
  EXPECT_THAT(finished.err, HasSubstr("oldest messages were dropped"));
  // One message alone gives what the first turn gave.
  Arguments once = arguments;
  once.insert(once.end(), {"-p", "first message"});
  EXPECT_THAT(finished.out, StartsWith(Bantam(once).out));
  ExpectFailure(Bantam(arguments, {.input = std::string(100, 'x') + "\n"}), 2, "the message takes");
}

TEST_F(CliTest, TokenizesAndBack) {
  const Finished ids = Bantam(With("tokenize", {"-p", "a text with\n\"ünïcödé\" 漢字", "--ids", "--no-bos"}));
  EXPECT_SUCCESS(ids);
  EXPECT_EQ(ids.out[0], '[');
  const Finished text = Bantam(With("detokenize", {}), {.input = ids.out});
  EXPECT_SUCCESS(text);
  EXPECT_EQ(text.out, "a text with\n\"ünïcödé\" 漢字");
  const Json json = ParseJson(Bantam(With("tokenize", {"-p", "ab", "--json"})).out, "tokenize --json");
  EXPECT_EQ(json["schema"], "bantam.tokenize/1");
  EXPECT_EQ(json["count"], json["tokens"].size());
  const Finished lines = Bantam(With("tokenize", {"--no-bos", "--show-count"}), {.input = "b"});
  EXPECT_THAT(lines.out, HasSubstr("-> 'b'"));
  EXPECT_THAT(lines.out, Not(HasSubstr("<s>")));
  EXPECT_THAT(lines.out, HasSubstr("Total number of tokens: "));
}

TEST_F(CliTest, ConvertedModelsRunAndSayWhatTheyAre) {
  const Arguments generate = {"-p", "once upon", "-n", "20", "--temp", "0"};
  const std::string text = Bantam(With("run", generate)).out;
  for (const char* type : {"f32", "f16", "bf16", "q8_0", "q4_0"}) {
    SCOPED_TRACE(type);
    const std::string gguf = Convert(type);
    Arguments run = {"run", "-m", gguf};
    run.insert(run.end(), generate.begin(), generate.end());
    const Finished finished = Bantam(run);
    EXPECT_SUCCESS(finished);
    if (std::string(type) == "f32") {
      EXPECT_EQ(finished.out, text);
    }
    const Json json = ParseJson(Bantam({"inspect", gguf, "--json"}).out, "inspect --json");
    EXPECT_EQ(json["schema"], "bantam.inspect/1");
    EXPECT_EQ(json["format"], "GGUF v3");
    EXPECT_EQ(json["architecture"], "llama");
    EXPECT_EQ(json["file_bytes"], std::filesystem::file_size(gguf));
    EXPECT_GT(json["memory"].size(), 0u);
  }
  const Json report =
      ParseJson(Bantam({"convert", Path("f16.gguf"), "--type", "q8_0", "-o", Path("again.gguf"), "--json"}).out,
                "convert --json");
  EXPECT_EQ(report["schema"], "bantam.convert/1");
  EXPECT_EQ(report["file_bytes"], std::filesystem::file_size(Path("again.gguf")));
  ExpectFailure(Bantam({"convert", Path("q8_0.gguf"), "--type", "q4_0", "-o", Path("twice.gguf")}), 3,
                "--allow-requantize");
}

TEST_F(CliTest, HuggingFaceFoldersRunAsTheyAre) {
  for (const char* family : {"llama", "qwen3moe"}) {
    SCOPED_TRACE(family);
    bantam::testing::WriteRandomHfFolder(folder_ / family, {.name = family});
    const Arguments generate = {"-p", "some text", "-n", "12", "--temp", "0", "--raw", "--ignore-eos"};
    Arguments run = {"run", "-m", Path(family)};
    run.insert(run.end(), generate.begin(), generate.end());
    const Finished original = Bantam(run);
    EXPECT_SUCCESS(original);
    EXPECT_THAT(original.out, StartsWith("some text"));
    EXPECT_SUCCESS(Bantam({"convert", Path(family), "--type", "f32", "-o", Path("hf.gguf")}));
    run[2] = Path("hf.gguf");
    EXPECT_EQ(Bantam(run).out, original.out);
    EXPECT_THAT(Bantam({"inspect", Path(family)}).out, HasSubstr("Hugging Face folder"));
  }
}

TEST_F(CliTest, InspectShowsAllSources) {
  for (const std::string& path : {Path("model.bin"), Convert("q8_0")}) {
    const Finished finished = Bantam({"inspect", path});
    EXPECT_SUCCESS(finished);
    for (const char* part :
         {"architecture  llama", "Metadata", "Tensors", "blk.*.attn_q.weight", "in 2 layers", "Memory"}) {
      EXPECT_THAT(finished.out, HasSubstr(part)) << path;
    }
    EXPECT_THAT(Bantam({"inspect", path, "--tensors"}).out, HasSubstr("blk.1.attn_q.weight"));
  }
}

// Architectures and types that Bantam cannot run are shown all the same, and strings from files do not reach the terminal
// raw.
TEST_F(CliTest, InspectOpensWhatCannotBeRun) {
  GgufMetadata metadata("test");
  metadata.Set("general.architecture", GgufValue::String("mamba"));
  metadata.Set("general.name", GgufValue::String("evil \x1b[2J name"));
  GgufWriter writer(Path("mamba.gguf"), metadata);
  writer.Declare("blk.0.ssm_in.weight", DType::kIQ2_XXS, {2, 256});
  writer.Begin();
  writer.WriteTensor("blk.0.ssm_in.weight", std::vector<std::byte>(RowBytes(DType::kIQ2_XXS, 512)));
  writer.Commit();
  const Finished finished = Bantam({"inspect", Path("mamba.gguf")});
  EXPECT_SUCCESS(finished);
  EXPECT_THAT(finished.out, HasSubstr("cannot be run"));
  EXPECT_THAT(finished.out, HasSubstr("IQ2_XXS"));
  EXPECT_THAT(finished.out, HasSubstr("evil \\x1b[2J name"));
  const Json json = ParseJson(Bantam({"inspect", Path("mamba.gguf"), "--json"}).out, "inspect --json");
  EXPECT_FALSE(json["runnable"].get<bool>());
  ExpectFailure(Bantam({"run", "-m", Path("mamba.gguf"), "-p", "a"}), 3, "mamba");
}

TEST_F(CliTest, EnginesAgreeOnPerplexity) {
  double nll[2];
  int i = 0;
  for (const char* engine : {"runtime", "transformer"}) {
    const Finished finished = Bantam(With("perplexity", {"-f", Path("text.txt"), "-c", "64", "--chunks", "4", "--json",
                                                         "--engine", engine, "-ctk", "f32", "-ctv", "f32"}));
    EXPECT_SUCCESS(finished);
    const Json json = ParseJson(finished.out, "perplexity --json");
    EXPECT_EQ(json["schema"], "bantam.perplexity/1");
    EXPECT_EQ(json["text"]["tokens_scored"], 4 * 31);
    EXPECT_EQ(json["nll"]["n"], 4 * 31);
    nll[i++] = json["nll"]["value"];
  }
  // Both compute in float; the logits of this model are of size 1.
  EXPECT_NEAR(nll[0], nll[1], 1e-5);
  const Finished lines = Bantam(
      With("perplexity", {"-f", Path("text.txt"), "--documents", "--separator", "word 100 of the text", "-c", "32"}));
  EXPECT_SUCCESS(lines);
  EXPECT_THAT(lines.out, HasSubstr("62 tokens scored in 2 documents"));
  EXPECT_THAT(lines.err, HasSubstr("2 of 2 documents were cut"));
}

TEST_F(CliTest, ComparesWithAModelAndWithAStoredBase) {
  const std::string base = Convert("f32"), candidate = Convert("q4_0");
  const Arguments text = {"-f", Path("text.txt"), "-c", "64", "--chunks", "4", "--json"};
  const auto compare = [&](Arguments arguments) {
    arguments.insert(arguments.begin(), "compare");
    arguments.insert(arguments.end(), text.begin(), text.end());
    const Finished finished = Bantam(arguments);
    EXPECT_SUCCESS(finished);
    return finished.out;
  };
  const Json direct = ParseJson(compare({base, candidate, "--save-base", Path("both.base")}), "compare");
  compare({base, "--save-base", Path("alone.base")});
  EXPECT_EQ(ReadFile(Path("both.base")), ReadFile(Path("alone.base")));
  const Json stored = ParseJson(compare({"--base", Path("alone.base"), candidate}), "compare");
  EXPECT_EQ(direct["schema"], "bantam.compare/1");
  EXPECT_EQ(stored["perplexity"], direct["perplexity"]);
  EXPECT_EQ(stored["delta_p"], direct["delta_p"]);
  EXPECT_EQ(stored["same_top_p"], direct["same_top_p"]);
  EXPECT_TRUE(stored["kld"]["is_lower_bound"].get<bool>());
  const double kld = direct["kld"]["mean"]["value"], bound = stored["kld"]["mean"]["value"];
  EXPECT_GT(bound, 0.0);
  EXPECT_LE(bound, kld);

  const Finished table = Bantam({"compare", "--base", Path("alone.base"), candidate});
  EXPECT_SUCCESS(table);
  EXPECT_THAT(table.out, HasSubstr("99.9%   KLD"));
  EXPECT_THAT(table.out, HasSubstr("lower bounds"));
  ExpectFailure(Bantam({"compare", "--base", Path("alone.base"), candidate, "-f", Path("text.txt"), "-c", "32"}), 2,
                "tokenizer");
  ExpectFailure(Bantam({"compare", "--base", Path("text.txt"), candidate}), 3, "text.txt");
}

TEST_F(CliTest, BenchHasTheFieldsOfLlamaBench) {
  const Finished finished = Bantam(
      {"bench", "-m", Path("model.bin"), "-t", "1,2", "-p", "16", "-n", "4", "-d", "0,8", "-r", "2", "-o", "json"});
  EXPECT_SUCCESS(finished);
  const Json json = ParseJson(finished.out, "bench");
  ASSERT_EQ(json.size(), 8u);
  for (const Json& test : json) {
    for (const char* field : {"schema", "build_commit", "cpu_info", "model_filename", "model_type", "model_size",
                              "model_n_params", "n_threads", "n_prompt", "n_gen", "n_depth", "test_time", "avg_ns",
                              "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts"}) {
      EXPECT_TRUE(test.contains(field)) << field;
    }
    EXPECT_EQ(test["samples_ts"].size(), 2u);
    EXPECT_GT(test["avg_ts"].get<double>(), 0.0);
  }
  const Finished table = Bantam({"bench", "-m", Path("model.bin"), "-p", "16", "-n", "0", "-r", "1"});
  EXPECT_THAT(table.out, HasSubstr("| model "));
  EXPECT_THAT(table.out, HasSubstr(" pp16 |"));
}

TEST_F(CliTest, AFullStandardOutputIsAnError) {
  for (const Arguments& arguments :
       {Arguments{"inspect", Path("model.bin")}, Arguments{"--version"}, Arguments{"--help"},
        With("run", {"-p", "a", "-n", "4"}), With("tokenize", {"-p", "a"})}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(arguments, " ")));
    const Finished finished = Bantam(arguments, {.stdout_path = "/dev/full"});
    ExpectFailure(finished, 4, "standard output");
  }
}

TEST_F(CliTest, AClosedPipeEndsQuietly) {
  const Finished finished = Bantam({"inspect", Path("model.bin")}, {.close_stdout_early = true});
  EXPECT_EQ(finished.status, 128 + SIGPIPE);
  EXPECT_THAT(finished.err, IsEmpty());
}

TEST_F(CliTest, AFullDiskLeavesNothing) {
  const std::string output = Path("out.gguf");
  const Finished converted = Bantam({"convert", Path("model.bin"), "--tokenizer", Path("tokenizer.bin"), "-o", output},
                                    {.file_limit_bytes = 65536});
  ExpectFailure(converted, 4, "out.gguf");
  const Finished saved = Bantam({"compare", Path("model.bin"), "--tokenizer", Path("tokenizer.bin"), "--save-base",
                                 Path("out.base"), "-f", Path("text.txt"), "-c", "64"},
                                {.file_limit_bytes = 4096});
  ExpectFailure(saved, 4, "out.base");
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    ++files;
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith("out"))) << entry.path();
  }
  EXPECT_EQ(files, 4u);  // model, tokenizer, template, text: no hidden temporary either
}

TEST_F(CliTest, CtrlCStopsAnAnswer) {
  const TemporaryFolder large;
  WriteTinyModel(large.path(), {.dim = 256, .hidden = 512, .layers = 8, .context = 4096});
  const Finished finished =
      Bantam({"run", "-m", (large / "model.bin").string(), "--tokenizer", (large / "tokenizer.bin").string(), "-p", "a",
              "--ignore-eos", "--temp", "0", "-c", "4096"},
             {.spoke = [](pid_t pid) { kill(pid, SIGINT); }});
  EXPECT_EQ(finished.status, 130) << finished.err;
  EXPECT_THAT(finished.out, StartsWith("a"));
}

// Waits until `pid` has a file open that has no name yet or a temporary one: the conversion is under way.
void WaitForUnnamedFile(pid_t pid, const std::string& folder) {
  const std::string descriptors = fmt::format("/proc/{}/fd", pid);
  for (std::error_code failure; !failure;) {
    for (const auto& entry : std::filesystem::directory_iterator(descriptors, failure)) {
      std::error_code ignored;
      const std::string target = std::filesystem::read_symlink(entry.path(), ignored).string();
      const bool unfinished = target.ends_with("(deleted)") || target.find(".partial") != std::string::npos;
      if (target.starts_with(folder) && unfinished) return;
    }
    sched_yield();
  }
}

TEST_F(CliTest, CtrlCLeavesNothingOfAConversion) {
  // 1.1 GB of zeros that take no room on the disk: more than enough work to be stopped in.
  const TemporaryFolder large;
  WriteTinyModel(large.path(), {.dim = 4096, .hidden = 11008, .layers = 1, .context = 256, .zeros = true});
  const std::string output = Path("out.gguf");
  const Finished finished = Bantam({"convert", (large / "model.bin").string(), "--tokenizer",
                                    (large / "tokenizer.bin").string(), "--type", "q8_0", "-o", output},
                                   {.started = [&](pid_t pid) {
                                     WaitForUnnamedFile(pid, folder_.path().string());
                                     kill(pid, SIGINT);
                                   }});
  ExpectFailure(finished, 130, "");
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) ++files;
  EXPECT_EQ(files, 4u);
}

// A run that is far from done after its first steps.
void WriteLongRun(const std::filesystem::path& folder) {
  bantam::testing::WriteRandomHfFolder(folder / "base", {.name = "llama:tied"});
  WriteFileAtomically(
      folder / "recipe.yaml",
      "schema: bantam.recipe/1\nname: long\nmodel: {from: base}\noutput: out\ndata: [{text: text.txt}]\n"
      "sequence_length: 64\nbatch_tokens: 64\nsteps: 10000000\noptimizer: {lr: 0.001}\n");
}

TEST_F(CliTest, TrainingGoesOnAfterCtrlC) {
  WriteLongRun(folder_.path());
  const Finished plan = Bantam({"train", Path("recipe.yaml"), "--dry-run"});
  EXPECT_SUCCESS(plan);
  EXPECT_THAT(plan.out, HasSubstr("steps: 10000000 of 64 tokens"));
  EXPECT_FALSE(std::filesystem::exists(Path("out")));

  const auto stop_after_a_step = [&](pid_t pid) {
    std::error_code absent;
    while (true) {
      const auto size = std::filesystem::file_size(Path("out/run/log.jsonl"), absent);
      if (!absent && size > 0) break;
      sched_yield();
    }
    kill(pid, SIGINT);
  };
  const Finished stopped = Bantam({"train", Path("recipe.yaml")}, {.started = stop_after_a_step});
  ExpectFailure(stopped, 130, "the same command goes on from there");
  EXPECT_FALSE(std::filesystem::exists(Path("out/model.safetensors")));

  const Finished rest = Bantam({"train", Path("recipe.yaml"), "--steps", "1"});  // done already
  EXPECT_SUCCESS(rest);
  EXPECT_THAT(rest.out, HasSubstr("of 10000000"));
  EXPECT_SUCCESS(Bantam({"run", "-m", Path("out"), "-p", "word", "-n", "3", "--raw"}));
}

TEST_F(CliTest, AFullDiskDuringTrainingIsAnError) {
  WriteLongRun(folder_.path());
  const Finished finished = Bantam({"train", Path("recipe.yaml"), "--steps", "2"}, {.file_limit_bytes = 65536});
  ExpectFailure(finished, 4, "checkpoint.safetensors");
  EXPECT_FALSE(std::filesystem::exists(Path("out/run/checkpoint.safetensors")));
}

TEST_F(CliTest, TheRuntimeProgramRunsAloneAndWithoutTheWorkbench) {
  const Arguments run = With("run", {"-p", "once upon", "-n", "20", "--temp", "0"});
  EXPECT_EQ(RunProcess(BANTAM_RT, run).out, Bantam(run).out);
  EXPECT_THAT(RunProcess(BANTAM_RT, {"--version"}).out, StartsWith("bantam-rt "));
  for (const char* verb : {"convert", "perplexity", "compare", "content"}) {
    ExpectFailure(RunProcess(BANTAM_RT, {verb}), 2, verb);
  }
  const Finished libraries = RunProcess("/usr/bin/ldd", {BANTAM_RT});
  EXPECT_SUCCESS(libraries);
  for (const char* workbench : {"dnnl", "blas", "lapack", "gomp", "libomp", "mpi"}) {
    EXPECT_THAT(libraries.out, Not(HasSubstr(workbench)));
  }
}

TEST_F(CliTest, TellsTheGoldenStory) {
  BANTAM_NEEDS_DATA();
  const std::filesystem::path stories = DataFolder() / "models/stories260K";
  const std::string model = (stories / "stories260K.bin").string(), tokenizer = (stories / "tok512.bin").string();
  const Arguments generate = {"-p", "Once upon a time", "--temp", "0", "-n", "256"};
  Arguments run = {"run", "-m", model, "--tokenizer", tokenizer};
  run.insert(run.end(), generate.begin(), generate.end());
  const Finished original = Bantam(run);
  EXPECT_SUCCESS(original);
  EXPECT_THAT(
      original.out,
      StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One "
                 "day, she saw a big, red ball. She wanted to play with it, but it was too high.\nLily's mom said, "
                 "\"Lily, let's go to the park.\" Lily was sad and didn't know what to do. She said, \"I want to "
                 "play with your ball, but I can't find it.\""));
  const std::string gguf = Path("stories.gguf");
  EXPECT_SUCCESS(Bantam({"convert", model, "--tokenizer", tokenizer, "--type", "f32", "-o", gguf}));
  Arguments converted = {"run", "-m", gguf};
  converted.insert(converted.end(), generate.begin(), generate.end());
  EXPECT_EQ(Bantam(converted).out, original.out);
}

TEST_F(CliTest, InspectsVocabularyOnlyFiles) {
  BANTAM_NEEDS_DATA();
  for (const auto& entry : std::filesystem::directory_iterator(DataFolder() / "tokenizer/vocab")) {
    const Finished finished = Bantam({"inspect", entry.path().string()});
    EXPECT_SUCCESS(finished);
    EXPECT_THAT(finished.out, HasSubstr("0 tensors"));
    EXPECT_THAT(finished.out, HasSubstr("tokenizer.ggml.model"));
  }
}

}  // namespace
}  // namespace bantam
