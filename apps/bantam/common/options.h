// Flags that several verbs share, under the names llama.cpp's users type.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "runtime/session.h"

namespace bantam::cli {

// llama.cpp spells some flags with one dash and several letters, which getopt's grammar reads as a bundle of flags:
// each is replaced by its long name before parsing. Arguments after "--" stay as they are.
std::vector<std::string> ExpandShortNames(std::vector<std::string> arguments);

struct ModelOptions {
  std::string model, tokenizer;
};
void AddModelOptions(CLI::App& verb, ModelOptions& options);

struct ThreadOptions {
  int threads = 0;  // 0: BANTAM_THREADS, LLAMA_ARG_THREADS or the physical cores

  int Count() const;
  std::shared_ptr<ThreadPool> MakePool() const { return std::make_shared<ThreadPool>(Count()); }
};
void AddThreadOptions(CLI::App& verb, ThreadOptions& options);

struct CacheOptions {
  std::string keys = "f16", values = "f16";

  // kUnsupported naming the flags when the two differ or the runtime has no such cache.
  DType Type() const;
};
void AddCacheOptions(CLI::App& verb, CacheOptions& options);

}  // namespace bantam::cli
