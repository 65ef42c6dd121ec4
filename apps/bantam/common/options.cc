#include "common/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/env.h"
#include "base/error.h"
#include "tensor/dtype.h"

namespace bantam::cli {

std::vector<std::string> ExpandShortNames(std::vector<std::string> arguments) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"-ctk", "--cache-type-k"},
      {"-ctv", "--cache-type-v"},
      {"-sys", "--system-prompt"},
      {"-no-cnv", "--no-conversation"},
  };
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    const size_t name_length = std::min(argument.find('='), argument.size());
    const std::string_view name = std::string_view(argument).substr(0, name_length);
    for (const auto& [short_name, long_name] : kNames) {
      if (name == short_name) {
        argument = std::string(long_name) + argument.substr(name_length);
        break;
      }
    }
  }
  return arguments;
}

void AddModelOptions(CLI::App& verb, ModelOptions& options) {
  verb.add_option("-m,--model", options.model, "GGUF file, Hugging Face folder or llama2.c checkpoint")
      ->required()
      ->type_name("MODEL");
  verb.add_option("--tokenizer", options.tokenizer,
                  "tokenizer to use instead of the model's own: tokenizer.json, a folder with one, a GGUF, or "
                  "llama2.c's tokenizer.bin")
      ->type_name("FILE");
}

int ThreadOptions::Count() const {
  if (threads > 0) return threads;
  return env::Threads().value_or(PhysicalCores());
}

void AddThreadOptions(CLI::App& verb, ThreadOptions& options) {
  verb.add_option(
          "-t,--threads", options.threads,
          "threads; default: BANTAM_THREADS, LLAMA_ARG_THREADS or the number of physical cores. The result does "
          "not depend on it")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
}

DType CacheOptions::Type() const {
  if (keys != values) {
    Fail(ErrorCode::kUnsupported, "keys and values of the cache must have one type", "--cache-type-k, --cache-type-v");
  }
  const auto type = DTypeFromName(keys);
  if (!type || (*type != DType::kF16 && *type != DType::kF32)) {
    Fail(ErrorCode::kUnsupported, fmt::format("a {} cache", keys), "--cache-type-k, --cache-type-v", "f16 or f32");
  }
  return *type;
}

void AddCacheOptions(CLI::App& verb, CacheOptions& options) {
  verb.add_option("--cache-type-k", options.keys, "type of cached keys (-ctk): f16 or f32")
      ->capture_default_str()
      ->type_name("TYPE");
  verb.add_option("--cache-type-v", options.values, "type of cached values (-ctv): the same as of keys")
      ->capture_default_str()
      ->type_name("TYPE");
}

}  // namespace bantam::cli
