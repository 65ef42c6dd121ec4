// bantam compare: what a candidate lost against its base.
#include <fmt/core.h>

#include <cmath>

#include "base/error.h"
#include "common/measuring.h"
#include "common/output.h"
#include "measure/divergence.h"
#include "measure/perplexity.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct CompareCommand {
  std::vector<std::string> models;
  std::string tokenizer, save_base, base;
  int64_t base_top_k = 32;
  MeasureOptions measure;
  bool json = false;
};

void RequireModels(const CompareCommand& command, size_t least, size_t most, const char* what) {
  if (command.models.size() >= least && command.models.size() <= most) return;
  Fail(ErrorCode::kUsage, fmt::format("{} models were given, {}", command.models.size(), what), "BASE CANDIDATE");
}

// Both models must read the text as the same tokens, or their predictions answer different questions.
void RequireSameTokens(const WindowSet& base, const WindowSet& candidate, const std::string& where) {
  bool same = base.windows.size() == candidate.windows.size();
  for (size_t w = 0; same && w < base.windows.size(); ++w) same = base.windows[w].tokens == candidate.windows[w].tokens;
  if (!same) {
    Fail(ErrorCode::kUsage, "its tokenizer cuts the text into other tokens than the base's", where,
         "only models with one tokenizer can be compared");
  }
}

void PrintTable(const DivergenceResult& result) {
  static constexpr std::pair<const char*, const char*> kSections[] = {
      {"perplexity", "Perplexity"}, {"kld", "KL divergence"}, {"delta_p", "Token probabilities"}, {"top", ""}};
  const std::vector<DivergenceLine> lines = Summarize(result);
  for (const auto& [section, title] : kSections) {
    if (*title != '\0') Print(fmt::format("{}{}\n", section == lines.front().section ? "" : "\n", title));
    for (const DivergenceLine& line : lines) {
      if (line.section != section) continue;
      const double scale = line.percent ? 100.0 : 1.0;
      Print(fmt::format("  {:<31} {:>12.6f}", line.label, scale * line.estimate.value));
      if (std::isfinite(line.estimate.error)) Print(fmt::format(" +/- {:.6f}", scale * line.estimate.error));
      Print(line.percent ? " %\n" : "\n");
    }
  }
  Print(fmt::format("\n{} tokens scored\n", result.kld.size()));
  if (result.kld_is_lower_bound) {
    Print(fmt::format("KL divergences are lower bounds: the base file leaves {:.4f} % of the probability unresolved\n",
                      100.0 * result.mean_rest_mass));
  }
}

void PrintResult(const CompareCommand& command, const DivergenceResult& result, const std::string& base,
                 const std::string& candidate, const Json& text) {
  if (!command.json) {
    PrintTable(result);
    return;
  }
  Json json = {{"schema", "bantam.compare/1"}, {"base", base}, {"candidate", candidate}, {"text", text}};
  json.update(ToJson(result));
  Print(DumpJson(json) + "\n");
}

void CompareWithFile(const CompareCommand& command) {
  RequireModels(command, 1, 1, "with --base it takes one, the candidate");
  const BaseFile base = BaseFile::Open(command.base);
  const OpenedModel candidate = OpenModel(command.models[0], command.tokenizer);
  WindowSet stored;
  stored.windows = base.windows();
  stored.mode = "base file";
  stored.context = LongestWindow(base.windows());
  if (!command.measure.file.empty()) {
    const int64_t context = command.measure.context.value_or(stored.context);
    RequireSameTokens(stored, MakeWindows(command.measure, *candidate.tokenizer, context), command.models[0]);
  }
  const auto source = MakeSource(candidate, command.measure, stored.context);
  const DivergenceResult result = CompareWithBase(base, *source);
  Json text = DescribeWindows(stored);
  text["sha256"] = base.token_sha256();
  PrintResult(command, result, base.description(), source->description(), text);
}

void Compare(const CompareCommand& command) {
  if (!command.base.empty()) return CompareWithFile(command);
  if (command.save_base.empty()) {
    RequireModels(command, 2, 2, "it takes two, or one with --base or --save-base");
  } else {
    RequireModels(command, 1, 2, "with --save-base it takes the base and, if both are to be compared, the candidate");
  }
  if (command.measure.file.empty()) Fail(ErrorCode::kUsage, "is required without --base", "--file");
  const OpenedModel base = OpenModel(command.models[0], command.tokenizer);
  std::optional<OpenedModel> candidate;
  if (command.models.size() == 2) candidate = OpenModel(command.models[1], command.tokenizer);
  const int64_t context = WindowTokens(command.measure, {&base, candidate ? &*candidate : &base});
  const WindowSet set = MakeWindows(command.measure, *base.tokenizer, context);
  const auto base_source = MakeSource(base, command.measure, LongestWindow(set.windows));
  std::optional<BaseFileWriter> writer;
  if (!command.save_base.empty()) {
    writer.emplace(command.save_base, base_source->vocab_size(), command.base_top_k, base_source->description(),
                   set.windows);
  }
  if (!candidate) {
    SaveBase(*base_source, set.windows, *writer);
    writer->Commit();
    Print(fmt::format("{}: {} tokens scored\n", command.save_base, set.scored()));
    return;
  }
  RequireSameTokens(set, MakeWindows(command.measure, *candidate->tokenizer, context), command.models[1]);
  const auto source = MakeSource(*candidate, command.measure, LongestWindow(set.windows));
  const DivergenceResult result = CompareModels(*base_source, *source, set.windows, writer ? &*writer : nullptr);
  if (writer) writer->Commit();
  PrintResult(command, result, base_source->description(), source->description(), DescribeWindows(set));
}

}  // namespace

void AddCompareVerb(CLI::App& program) {
  auto command = std::make_shared<CompareCommand>();
  CLI::App* verb = program.add_subcommand("compare", "measure what a model lost against another");
  verb->footer(
      "Prints perplexities, KL divergence, the change of the correct token's probability and the share of equal first\n"
      "choices, as llama.cpp's tool defines them. A saved base keeps the most probable tokens only; KL divergences "
      "from\n"
      "it are lower bounds, everything else is exact.\n"
      "\nExamples:\n  bantam compare original.gguf small.gguf -f wiki.test.raw\n"
      "  bantam compare original.gguf --save-base wiki.base -f wiki.test.raw\n"
      "  bantam compare --base wiki.base small.gguf");
  verb->add_option("models", command->models, "the base, then the candidate")->type_name("MODEL")->expected(0, 2);
  verb->add_option("--tokenizer", command->tokenizer, "tokenizer for models that have none (llama2.c)")
      ->type_name("FILE");
  AddMeasureOptions(*verb, command->measure);
  CLI::Option* save = verb->add_option("--save-base", command->save_base, "keep the base's results")->type_name("FILE");
  verb->add_option("--base-top-k", command->base_top_k, "tokens per position that --save-base keeps")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20))
      ->type_name("K")
      ->needs(save);
  verb->add_option("--base", command->base, "compare with the results --save-base kept")
      ->type_name("FILE")
      ->excludes(save);
  verb->add_flag("--json", command->json, "the result as JSON");
  verb->callback([command] { Compare(*command); });
}

}  // namespace bantam::cli
