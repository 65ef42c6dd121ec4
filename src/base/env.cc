#include "base/env.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace bantam::env {
namespace {

std::optional<std::string> Read(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> Isa() { return Read("BANTAM_ISA"); }

std::optional<std::string> Data() { return Read("BANTAM_DATA"); }

std::optional<std::string> ApiKey(const std::string& variable) { return Read(variable.c_str()); }

std::optional<int> Threads() {
  for (const char* name : {"BANTAM_THREADS", "LLAMA_ARG_THREADS"}) {
    const auto text = Read(name);
    if (!text) continue;
    int threads = 0;
    const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), threads);
    if (status != std::errc() || *end != '\0' || threads < 1) {
      Fail(ErrorCode::kUsage, "\"" + *text + "\" is no number of threads", name, "set a whole number from 1 on");
    }
    return threads;
  }
  return std::nullopt;
}

}  // namespace bantam::env
