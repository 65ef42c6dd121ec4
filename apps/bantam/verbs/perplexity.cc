// bantam perplexity: how surprised a model is by a text.
#include <fmt/core.h>

#include "common/measuring.h"
#include "common/output.h"
#include "measure/perplexity.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct PerplexityCommand {
  ModelOptions model;
  MeasureOptions measure;
  bool json = false;
};

void Perplexity(const PerplexityCommand& command) {
  const OpenedModel opened = OpenModel(command.model.model, command.model.tokenizer);
  const WindowSet set = MakeWindows(command.measure, *opened.tokenizer, WindowTokens(command.measure, {&opened}));
  const auto source = MakeSource(opened, command.measure, LongestWindow(set.windows));
  const PerplexityResult result = MeasurePerplexity(*source, set.windows);
  const Estimate nll = result.mean_nll(), ppl = result.perplexity();
  if (command.json) {
    Print(DumpJson({{"schema", "bantam.perplexity/1"},
                    {"model", source->description()},
                    {"file", command.measure.file},
                    {"text", DescribeWindows(set)},
                    {"perplexity", ToJson(ppl)},
                    {"nll", ToJson(nll)}}) +
          "\n");
    return;
  }
  if (set.truncated_documents > 0) {
    PrintNote(fmt::format("{} of {} documents were cut to {} tokens", set.truncated_documents, set.windows.size(),
                          set.context));
  }
  Print(fmt::format("PPL = {:.4f} +/- {:.4f}\n", ppl.value, ppl.error));
  Print(fmt::format("mean NLL = {:.6f} +/- {:.6f} nats per token, {} tokens scored in {} {}\n", nll.value, nll.error,
                    nll.n, set.windows.size(), set.mode));
}

}  // namespace

void AddPerplexityVerb(CLI::App& program) {
  auto command = std::make_shared<PerplexityCommand>();
  CLI::App* verb = program.add_subcommand("perplexity", "measure how well a model predicts a text");
  verb->footer(
      "As llama.cpp's tool: the text is cut into windows, BOS replaces the first token of each where the vocabulary "
      "wants\n"
      "one, and the second half of each is scored. Errors are standard errors over tokens.\n"
      "\nExamples:\n  bantam perplexity -m model.gguf -f wiki.test.raw\n"
      "  bantam perplexity -m model.gguf -f stories.txt --documents --json");
  AddModelOptions(*verb, command->model);
  AddMeasureOptions(*verb, command->measure)->required();
  verb->add_flag("--json", command->json, "the result as JSON");
  verb->callback([command] { Perplexity(*command); });
}

}  // namespace bantam::cli
