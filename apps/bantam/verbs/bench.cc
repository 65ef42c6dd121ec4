// bantam bench: tokens per second of prefill and decode.
#include <fmt/core.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/units.h"
#include "base/version.h"
#include "common/options.h"
#include "common/output.h"
#include "runtime/bench.h"
#include "runtime/isa.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct BenchCommand {
  std::string model, output = "md";
  std::vector<int64_t> prompts = {512}, generate = {128}, depths = {0};
  std::vector<int> threads;
  CacheOptions cache;
  int64_t repetitions = BenchOptions{}.repetitions;
};

std::vector<BenchTest> Tests(const BenchCommand& command) {
  std::vector<BenchTest> tests;
  for (const int64_t depth : command.depths) {
    for (const int64_t prompt : command.prompts) {
      if (prompt > 0) tests.push_back({.n_prompt = prompt, .n_depth = depth});
    }
    for (const int64_t generate : command.generate) {
      if (generate > 0) tests.push_back({.n_gen = generate, .n_depth = depth});
    }
  }
  if (tests.empty()) Fail(ErrorCode::kUsage, "are both 0, nothing is left to measure", "--n-prompt, --n-gen");
  return tests;
}

// "pp512", "tg128 @ d2000"
std::string TestName(const BenchTest& test) {
  const std::string what = test.n_prompt > 0 ? fmt::format("pp{}", test.n_prompt) : fmt::format("tg{}", test.n_gen);
  return test.n_depth > 0 ? fmt::format("{} @ d{}", what, test.n_depth) : what;
}

void PrintMarkdownRow(std::string_view model, std::string_view size, std::string_view params, std::string_view backend,
                      std::string_view threads, std::string_view test, std::string_view speed) {
  Print(fmt::format("| {:<30} | {:>10} | {:>10} | {:<10} | {:>7} | {:>15} | {:>20} |\n", model, size, params, backend,
                    threads, test, speed));
  Flush();
}

void PrintMarkdownHeader() {
  PrintMarkdownRow("model", "size", "params", "backend", "threads", "test", "t/s");
  Print(fmt::format("| {:-<30} | {:->9}: | {:->9}: | {:-<10} | {:->6}: | {:->14}: | {:->19}: |\n", "", "", "", "", "",
                    "", ""));
}

void PrintMarkdownResult(const BenchResult& result, const BenchTest& test) {
  PrintMarkdownRow(result.model_type, FormatBytes(result.model_size),
                   FormatCount(static_cast<uint64_t>(result.model_n_params)),
                   fmt::format("CPU {}", IsaName(ChooseIsa())), std::to_string(result.n_threads), TestName(test),
                   fmt::format("{:.2f} ± {:.2f}", result.avg_ts(), result.stddev_ts()));
}

Json Describe(const BenchResult& result) {
  Json json = {{"schema", "bantam.bench/1"}, {"compiler", Compiler()}, {"isa", IsaName(ChooseIsa())}};
  json.update(ToJson(result));
  return json;
}

void Bench(const BenchCommand& command) {
  const std::vector<BenchTest> tests = Tests(command);
  std::vector<int> threads = command.threads;
  if (threads.empty()) threads = {ThreadOptions{}.Count()};
  const auto model = Model::Open(command.model);
  const auto loaded = RuntimeModel::Load(*model);
  const bool markdown = command.output == "md";
  if (markdown) PrintMarkdownHeader();
  Json results = Json::array();
  Progress progress("Measuring", "tests", tests.size() * threads.size());
  for (const int thread_count : threads) {
    const BenchOptions options{.repetitions = command.repetitions,
                               .kv = command.cache.Type(),
                               .pool = std::make_shared<ThreadPool>(thread_count),
                               .cancelled = CancelRequested};
    for (const BenchTest& test : tests) {
      const BenchResult result = RunBench(*model, loaded, test, options);
      if (markdown) PrintMarkdownResult(result, test);
      results.push_back(Describe(result));
      progress.Advance(1, TestName(test));
    }
  }
  if (!markdown) Print(DumpJson(results) + "\n");
}

}  // namespace

void AddBenchVerb(CLI::App& program) {
  auto command = std::make_shared<BenchCommand>();
  CLI::App* verb = program.add_subcommand("bench", "measure tokens per second");
  verb->footer(
      "Every combination is measured; JSON has the field names of llama-bench. Other work on the machine spoils the "
      "numbers.\n"
      "\nExample:\n  bantam bench -m model.gguf -t 1,2 -p 512 -n 128 -r 5 -o json");
  verb->add_option("-m,--model", command->model, "GGUF file, Hugging Face folder or llama2.c checkpoint")
      ->required()
      ->type_name("MODEL");
  const auto list = [&](const char* name, auto& values, int64_t least, const char* text) {
    verb->add_option(name, values, text)
        ->delimiter(',')
        ->capture_default_str()
        ->check(CLI::Range(least, int64_t{1} << 24))
        ->type_name("N,...");
  };
  list("-p,--n-prompt", command->prompts, 0, "tokens read at once; 0: skip");
  list("-n,--n-gen", command->generate, 0, "tokens generated one by one; 0: skip");
  list("-d,--n-depth", command->depths, 0, "tokens of context before the test");
  list("-t,--threads", command->threads, 1,
       "threads; default: BANTAM_THREADS, LLAMA_ARG_THREADS or the physical cores");
  verb->add_option("-r,--repetitions", command->repetitions, "times every test is run")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{10000}))
      ->type_name("N");
  AddCacheOptions(*verb, command->cache);
  verb->add_option("-o,--output", command->output, "md or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"md", "json"}))
      ->type_name("FORMAT");
  verb->callback([command] { Bench(*command); });
}

}  // namespace bantam::cli
