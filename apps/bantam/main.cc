// The programs bantam and bantam-rt: the same main, with and without the verbs that need the workbench.
#include <fmt/core.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>
#include <system_error>

#include "base/cancel.h"
#include "base/error.h"
#include "base/version.h"
#include "common/help_formatter.h"
#include "common/options.h"
#include "common/output.h"
#include "runtime/isa.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

#ifdef BANTAM_RUNTIME_ONLY
constexpr const char* kName = "bantam-rt";
constexpr const char* kDescription = "Runs language models on a device.";
#else
constexpr const char* kName = "bantam";
constexpr const char* kDescription = "Makes language models fit devices, proves what survived, runs them fast.";
#endif

// What a shell reports for a program that SIGPIPE ended.
constexpr int kClosedPipeStatus = 128 + SIGPIPE;

std::string VersionText() {
  std::string compiled;
  for (const Isa isa : CompiledIsas()) compiled += fmt::format("{}{}", compiled.empty() ? "" : ", ", IsaName(isa));
  return fmt::format("{} {} ({})\ncompiler: {}\ninstruction sets: {}; in use: {}\n", kName, Version(), GitCommit(),
                     Compiler(), compiled, IsaName(ChooseIsa()));
}

void AddVerbs(CLI::App& program) {
  AddRunVerb(program);
#ifndef BANTAM_RUNTIME_ONLY
  AddConvertVerb(program);
#endif
  AddInspectVerb(program);
  AddTokenizeVerb(program);
  AddDetokenizeVerb(program);
#ifndef BANTAM_RUNTIME_ONLY
  AddPerplexityVerb(program);
  AddCompareVerb(program);
  AddTrainVerb(program);
#endif
  AddBenchVerb(program);
}

int Main(std::vector<std::string> arguments) {
  CLI::App program(kDescription, kName);
  bool version = false;
  program.add_flag("--version", version, "print version, commit, compiler and instruction sets");
  program.require_subcommand(0, 1);
  program.formatter(std::make_shared<HelpFormatter>());
  program.set_help_flag("-h,--help", "print this help");
  AddVerbs(program);
  try {
    arguments = ExpandShortNames(std::move(arguments));
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    program.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    Print(program.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    const auto verbs = program.get_subcommands();
    const std::string name = verbs.empty() ? kName : fmt::format("{} {}", kName, verbs.front()->get_name());
    PrintError(fmt::format("{} (see '{} --help')", error.what(), name));
    return ExitStatus(ErrorCode::kUsage);
  }
  if (version) {
    Print(VersionText());
  } else if (program.get_subcommands().empty()) {
    Print(program.help());
    return ExitStatus(ErrorCode::kUsage);
  }
  return 0;
}

}  // namespace
}  // namespace bantam::cli

int main(int argc, char** argv) {
  using namespace bantam;
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), so that unfinished files are cleaned up
  InstallCancelHandler();
  try {
    const int status = cli::Main({argv + 1, argv + argc});
    cli::Flush();
    return status;
  } catch (const cli::ClosedPipe&) {
    return cli::kClosedPipeStatus;
  } catch (const Error& error) {
    cli::PrintError(error.what());
    return ExitStatus(error.code());
  } catch (const std::system_error& error) {  // std::filesystem's own
    cli::PrintError(error.what());
    return ExitStatus(ErrorCode::kIo);
  } catch (const std::bad_alloc&) {
    cli::PrintError("out of memory");
    return ExitStatus(ErrorCode::kMemory);
  } catch (const std::exception& error) {
    cli::PrintError(fmt::format("internal: {}", error.what()));
    return ExitStatus(ErrorCode::kInternal);
  }
}
