// bantam-make-model NAME OUTDIR [--seed N] [--dtype f32|f16|bf16] [--shards N]   writes a random Hugging Face folder
// bantam-make-model --list | --list-bench                                       prints the names of small or large ones
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "testing/random_model.h"

namespace {

int Run(int argc, char** argv) {
  bantam::testing::RandomModelOptions options;
  std::string folder, dtype = "f32";
  bool list = false, list_bench = false;
  CLI::App app("Writes small random-weight Hugging Face folders");
  app.add_flag("--list", list, "Print the names of the small models");
  app.add_flag("--list-bench", list_bench, "Print the names of the models of public shapes");
  app.add_option("name", options.name, "FAMILY or FAMILY:VARIANT");
  app.add_option("folder", folder, "Where to write");
  app.add_option("--seed", options.seed, "Seed of the weights");
  app.add_option("--dtype", dtype, "f32, f16 or bf16");
  app.add_option("--shards", options.shards, "Files to spread the weights over");
  CLI11_PARSE(app, argc, argv);
  if (list || list_bench) {
    const auto names = list ? bantam::testing::RandomModelNames() : bantam::testing::BenchModelNames();
    for (const std::string& name : names) std::puts(name.c_str());
    return 0;
  }
  const auto type = bantam::DTypeFromName(dtype);
  if (folder.empty() || !type) {
    bantam::Fail(bantam::ErrorCode::kUsage, "a name and a folder are needed, and --dtype f32, f16 or bf16");
  }
  options.dtype = *type;
  bantam::testing::WriteRandomHfFolder(folder, options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const bantam::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return bantam::ExitStatus(error.code());
  }
}
