// bantam train eval: what a house model can do, measured without a cloud.
#include <fmt/core.h>

#include "base/error.h"
#include "common/open_model.h"
#include "common/options.h"
#include "common/output.h"
#include "evaluation/evaluation.h"
#include "evaluation/table.h"
#include "verbs/train.h"

namespace bantam::cli {
namespace {

struct EvalCommand {
  std::vector<std::string> models;
  std::string task = "models/house", only;
  EvaluationOptions options;
  int64_t mutations = 0;
  ThreadOptions threads;
  bool references = false, show = false, json = false;
};

std::string Verdict(const Json& line) {
  if (!line.contains("criteria")) return line.at("verdict").get<std::string>();
  std::string verdict = line.at("pass").get<bool>() ? "passes" : "fails";
  for (const auto& [name, reason] : line.at("criteria").items()) {
    const auto& why = reason.get_ref<const std::string&>();
    verdict += why.empty() ? fmt::format(", {} ok", name) : fmt::format(", {} NOT ok ({})", name, why);
  }
  return verdict;
}

void ShowAnswer(const Json& line) {
  Print(fmt::format("--- {}\n{}\n--- {}\n{}\n--- {}\n\n", line.at("kind").get<std::string>(),
                    line.at("request").get<std::string>(), line.at("model").get<std::string>(),
                    line.at("answer").get<std::string>(), Verdict(line)));
}

// --only leaves out the other parts.
EvaluationOptions PartsOf(const EvalCommand& command) {
  EvaluationOptions options = command.options;
  options.task = command.task;
  if (command.show) options.on_answer = ShowAnswer;
  if (command.only.empty()) return options;
  if (command.only != "posters") options.posters = 0;
  if (command.only != "refusals") options.requests = 0;
  if (command.only != "text") options.text.clear();
  if (command.only == "text" && options.text.empty()) {
    Fail(ErrorCode::kUsage, "needs a text", "--only text", "give one with --text");
  }
  return options;
}

// All of them before any is asked: a wrong path must not cost an hour.
std::vector<Subject> OpenSubjects(const std::vector<std::string>& paths) {
  std::vector<Subject> subjects;
  for (const std::string& path : paths) {
    const OpenedModel opened = OpenModel(path, {});
    if (!opened.tokenizer->vocabulary().chat_template) {
      Fail(ErrorCode::kUnsupported, "has no chat template", path, "the evaluation asks in conversations");
    }
    subjects.push_back({path, RuntimeModel::Load(*opened.model), opened.tokenizer});
  }
  return subjects;
}

void Evaluate(const EvalCommand& command) {
  if (command.models.empty() && !command.references && command.mutations == 0) {
    Fail(ErrorCode::kUsage, "nothing to evaluate", "bantam train eval", "give --models, --references or --mutations");
  }
  // First, so that what is wrong with options, targets or text shows before models are loaded.
  Evaluation evaluation(PartsOf(command), command.threads.MakePool());
  const std::vector<Subject> subjects = OpenSubjects(command.models);
  if (command.references) evaluation.RunReferences();
  if (command.mutations > 0) evaluation.RunMutations(command.mutations);
  for (const Subject& subject : subjects) evaluation.Run(subject);
  const Json report = evaluation.Finish();
  Print(command.json ? DumpJson(report) + "\n" : EvaluationTable(report));
}

}  // namespace

void AddTrainEvalVerb(CLI::App& train) {
  auto command = std::make_shared<EvalCommand>();
  CLI::App* verb = train.add_subcommand("eval", "measure posters, refusals and English of house models");
  verb->footer(
      "All models get the same inputs, drawn from the task's test splits, and the same random draws; the others are\n"
      "compared with the first one. Intervals are 95 %. Targets are those of targets.yaml in the task's folder.\n"
      "\nExamples:\n  bantam train eval --models house-bf16.gguf,house-q8_0.gguf,house-q4_0.gguf --text "
      "validation.txt\n"
      "  bantam train eval --references --mutations 400");
  verb->add_option("--models", command->models, "GGUF files or Hugging Face folders, separated by commas")
      ->delimiter(',')
      ->type_name("MODEL,...");
  verb->add_option("--task", command->task, "folder of the task")->capture_default_str()->type_name("FOLDER");
  verb->add_option("-n,--posters", command->options.posters, "posters; 0: none")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--requests", command->options.requests, "forbidden requests, and as many benign ones; 0: none")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--text", command->options.text, "English to score, documents separated by <|endoftext|>")
      ->type_name("FILE");
  verb->add_option("--only", command->only, "one part: posters, refusals or text")
      ->check(CLI::IsMember({"posters", "refusals", "text"}))
      ->type_name("PART");
  verb->add_option("--temp", command->options.temperature, "temperature; 0: always the most probable token")
      ->capture_default_str()
      ->type_name("X");
  verb->add_option("--seed", command->options.seed, "of the inputs and of the models' draws")
      ->capture_default_str()
      ->type_name("N");
  verb->add_flag("--references", command->references, "judge the task's own answers too");
  verb->add_option("--mutations", command->mutations, "spoil this many good posters and judge them by the rubric")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
  verb->add_option("--save", command->options.save, "write every answer and its verdict, one JSON object a line")
      ->type_name("FILE.jsonl");
  verb->add_flag("--show", command->show, "print every request, answer and verdict before the table");
  verb->add_flag("--json", command->json, "the report as JSON")->excludes("--show");
  AddThreadOptions(*verb, command->threads);
  verb->callback([command] { Evaluate(*command); });
}

}  // namespace bantam::cli
