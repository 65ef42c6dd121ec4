// bantam train: a model from a recipe.
#include <fmt/core.h>

#include "base/error.h"
#include "base/units.h"
#include "common/options.h"
#include "common/output.h"
#include "train/training_job.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct TrainCommand {
  std::string recipe;
  ThreadOptions threads;
  int64_t steps = 0;
  bool dry_run = false, fresh = false;
};

void PrintSet(const char* kind, const TrainingPlan::Set& set) {
  Print(fmt::format("{} {}: {} documents, {} tokens", kind, Printable(set.name), set.documents, set.tokens));
  if (set.epochs > 0.0) Print(fmt::format(", {:.2f} passes", set.epochs));
  if (set.cut_documents > 0) Print(fmt::format("; {} documents are cut", set.cut_documents));
  Print("\n");
}

void PrintPlan(const TrainingPlan& plan) {
  Print(fmt::format("parameters: {} ({} trained)\n", FormatCount(static_cast<uint64_t>(plan.parameters)),
                    FormatCount(static_cast<uint64_t>(plan.trainable))));
  for (const TrainingPlan::Set& set : plan.data) PrintSet("data", set);
  for (const TrainingPlan::Set& set : plan.validation) PrintSet("validation", set);
  Print(fmt::format("steps: {} of {} tokens\n", plan.steps, plan.batch_tokens));
  Print(fmt::format("memory: about {}\n", FormatBytes(plan.memory_bytes)));
  Print(fmt::format("time: about {} at {:.0f} tokens/s\n", FormatDuration(plan.seconds), plan.tokens_per_second));
}

void PrintSummary(const TrainingJob& job, const TrainingSummary& summary) {
  Print(fmt::format("{}: step {} of {}, {} tokens, {}", job.recipe().output.string(), summary.step, job.steps(),
                    summary.tokens, FormatDuration(summary.seconds)));
  for (const auto& [name, loss] : summary.validation) {
    Print(fmt::format("; {} loss {:.4f}", Printable(name), loss));
  }
  Print("\n");
}

void Train(const TrainCommand& command) {
  if (command.recipe.empty()) Fail(ErrorCode::kUsage, "names no recipe", "bantam train", "see 'bantam train --help'");
  Recipe recipe = ReadRecipe(command.recipe);
  if (recipe.threads == 0 || command.threads.threads > 0) recipe.threads = command.threads.Count();
  TrainingJob job(std::move(recipe));
  if (command.dry_run) {
    PrintPlan(job.Plan());
    return;
  }
  RunOptions options{.fresh = command.fresh, .stop_after = {}};
  if (command.steps > 0) options.stop_after = command.steps;
  PrintSummary(job, job.Run(options));
}

}  // namespace

void AddTrainVerb(CLI::App& program) {
  auto command = std::make_shared<TrainCommand>();
  CLI::App* verb = program.add_subcommand("train", "train or fine-tune a model by a recipe");
  verb->footer(
      "The recipe says everything (docs/training.md). A run that was stopped goes on from its last checkpoint when "
      "the\n"
      "same command is given again; Ctrl-C writes one.\n"
      "\nExamples:\n  bantam train recipe.yaml --dry-run\n  bantam train recipe.yaml");
  verb->add_option("recipe", command->recipe, "the recipe, bantam.recipe/1")->type_name("RECIPE.yaml");
  verb->add_flag("--dry-run", command->dry_run, "print sizes, steps, memory and time, and train nothing");
  verb->add_flag("--fresh", command->fresh, "start over although there is a checkpoint");
  verb->add_option("--steps", command->steps, "stop after this step; the schedule stays as it is")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 48))
      ->type_name("N");
  AddThreadOptions(*verb, command->threads);
  verb->callback([command] { Train(*command); });
}

}  // namespace bantam::cli
