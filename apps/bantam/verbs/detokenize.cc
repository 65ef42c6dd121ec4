// bantam detokenize: token ids to text.
#include <fmt/core.h>

#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "common/input.h"
#include "common/open_model.h"
#include "common/options.h"
#include "common/output.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct DetokenizeOptions {
  ModelOptions model;
  std::vector<std::string> ids;
  bool special = false, json = false;
};

// Numbers between blanks, commas and brackets, so that the output of `tokenize --ids` can be piped in.
std::vector<int32_t> ParseIds(std::string_view text, int32_t vocab_size) {
  std::vector<int32_t> ids;
  constexpr std::string_view kBetween = " ,\t\r\n[]";
  for (size_t begin = text.find_first_not_of(kBetween); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBetween, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    int32_t id = -1;
    const auto [stop, failure] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (failure != std::errc() || stop != word.data() + word.size() || id < 0 || id >= vocab_size) {
      Fail(ErrorCode::kUsage, fmt::format("'{}' is no token id between 0 and {}", word, vocab_size - 1), "IDS");
    }
    ids.push_back(id);
    begin = text.find_first_not_of(kBetween, end);
  }
  return ids;
}

void Detokenize(const DetokenizeOptions& options) {
  const Tokenizer tokenizer(ReadModelVocabulary(options.model.model, options.model.tokenizer));
  std::string words;
  for (const std::string& id : options.ids) words += id + " ";
  const std::vector<int32_t> ids = ParseIds(options.ids.empty() ? ReadStandardInput() : words, tokenizer.size());
  const std::string text = tokenizer.Decode(ids, !options.special);
  if (options.json) {
    Print(DumpJson({{"schema", "bantam.detokenize/1"}, {"count", ids.size()}, {"text", text}}) + "\n");
  } else {
    Print(text);
  }
}

}  // namespace

void AddDetokenizeVerb(CLI::App& program) {
  auto options = std::make_shared<DetokenizeOptions>();
  CLI::App* verb = program.add_subcommand("detokenize", "turn token ids into text");
  verb->footer(
      "The text is printed exactly, without a line break at its end.\n"
      "\nExample:\n  bantam tokenize -m model.gguf -p \"Hello\" --ids | bantam detokenize -m model.gguf");
  AddModelOptions(*verb, options->model);
  verb->add_option("ids", options->ids, "token ids; from standard input when absent")->type_name("IDS");
  verb->add_flag("--special", options->special, "write control tokens too");
  verb->add_flag("--json", options->json, "the text as JSON");
  verb->callback([options] { Detokenize(*options); });
}

}  // namespace bantam::cli
