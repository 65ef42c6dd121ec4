// Every environment variable that Bantam reads, in one place (docs/environment.md lists them).
#pragma once

#include <optional>
#include <string>

namespace bantam::env {

std::optional<std::string> Isa();   // BANTAM_ISA: forces an instruction set; an impossible one is an error
std::optional<std::string> Data();  // BANTAM_DATA: folder of third-party test data
std::optional<int> Threads();       // BANTAM_THREADS, else LLAMA_ARG_THREADS; kUsage when not a number >= 1

// An API key, in the variable that a configuration names.
std::optional<std::string> ApiKey(const std::string& variable);

}  // namespace bantam::env
