// The subcommands of bantam train.
#pragma once

#include <CLI/CLI.hpp>

namespace bantam::cli {

void AddTrainTokenizerVerb(CLI::App& train);
void AddTrainEvalVerb(CLI::App& train);

}  // namespace bantam::cli
