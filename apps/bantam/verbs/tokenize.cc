// bantam tokenize: text to token ids.
#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "common/input.h"
#include "common/open_model.h"
#include "common/options.h"
#include "common/output.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct TokenizeOptions {
  ModelOptions model;
  TextOptions text;
  bool ids = false, no_bos = false, no_parse_special = false, show_count = false, json = false;
};

void Tokenize(const TokenizeOptions& options) {
  const Tokenizer tokenizer(ReadModelVocabulary(options.model.model, options.model.tokenizer));
  const std::vector<int32_t> ids = tokenizer.Encode(
      ReadText(options.text), {.add_special = !options.no_bos, .parse_special = !options.no_parse_special});
  if (options.json) {
    Json tokens = Json::array();
    for (const int32_t id : ids) tokens.push_back({{"id", id}, {"piece", tokenizer.TokenBytes(id, false)}});
    Print(DumpJson({{"schema", "bantam.tokenize/1"}, {"count", ids.size()}, {"tokens", std::move(tokens)}}) + "\n");
    return;
  }
  if (options.ids) {
    Print(DumpJson(Json(ids), -1) + "\n");
  } else {
    for (const int32_t id : ids) Print(fmt::format("{:6} -> '{}'\n", id, Printable(tokenizer.TokenBytes(id, false))));
  }
  if (options.show_count) Print(fmt::format("Total number of tokens: {}\n", ids.size()));
}

}  // namespace

void AddTokenizeVerb(CLI::App& program) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* verb = program.add_subcommand("tokenize", "turn text into token ids");
  verb->footer("Example:\n  bantam tokenize -m model.gguf -p \"Once upon a time\" --ids");
  AddModelOptions(*verb, options->model);
  AddTextOptions(*verb, options->text);
  verb->add_flag("--ids", options->ids, "print the ids alone, as a JSON array");
  verb->add_flag("--no-bos", options->no_bos, "add no BOS or EOS, whatever the vocabulary says");
  verb->add_flag("--no-parse-special", options->no_parse_special,
                 "take control tokens written in the text (\"<s>\") as plain text");
  verb->add_flag("--show-count", options->show_count, "also print how many tokens there are");
  verb->add_flag("--json", options->json, "ids and pieces as JSON");
  verb->callback([options] { Tokenize(*options); });
}

}  // namespace bantam::cli
