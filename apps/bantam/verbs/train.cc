// bantam train: what is learned from data, one subcommand each.
#include "verbs/train.h"

#include "verbs/verbs.h"

namespace bantam::cli {

void AddTrainVerb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("train", "train a tokenizer");
  verb->footer("Example:\n  bantam train tokenizer stories.txt --vocab-size 4096 -o tokenizer");
  verb->require_subcommand(1);
  AddTrainTokenizerVerb(*verb);
}

}  // namespace bantam::cli
