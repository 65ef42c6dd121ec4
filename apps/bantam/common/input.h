// Text from the command line, a file or standard input.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace bantam::cli {

struct TextOptions {
  std::optional<std::string> prompt;
  std::string file;
};
// -p/--prompt and -f/--file, which exclude each other.
void AddTextOptions(CLI::App& verb, TextOptions& options);

// The prompt, the file's text, or, when neither is given, all of standard input.
std::string ReadText(const TextOptions& options);

// Everything up to the end of standard input; kCancelled on Ctrl-C.
std::string ReadStandardInput();

// One line without its line break; nullopt at the end of input. kCancelled on Ctrl-C.
std::optional<std::string> ReadLine();

}  // namespace bantam::cli
