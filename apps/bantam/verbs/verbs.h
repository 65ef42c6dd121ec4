// One function per verb: it adds the verb with its flags to the program; the verb runs as CLI11's callback.
#pragma once

#include <CLI/CLI.hpp>

namespace bantam::cli {

void AddRunVerb(CLI::App& program);
void AddBenchVerb(CLI::App& program);
void AddInspectVerb(CLI::App& program);
void AddTokenizeVerb(CLI::App& program);
void AddDetokenizeVerb(CLI::App& program);

// Only in `bantam`: these need the workbench.
void AddConvertVerb(CLI::App& program);
void AddPerplexityVerb(CLI::App& program);
void AddCompareVerb(CLI::App& program);
void AddTrainVerb(CLI::App& program);

}  // namespace bantam::cli
