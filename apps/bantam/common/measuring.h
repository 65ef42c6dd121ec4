// What perplexity and compare share: which text is scored how, and on which engine.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/json.h"
#include "common/open_model.h"
#include "common/options.h"
#include "measure/logit_source.h"
#include "measure/windows.h"

namespace bantam::cli {

struct MeasureOptions {
  std::string file;
  int64_t context = 512, chunks = 0;
  bool documents = false;
  std::string separator = "<|endoftext|>";
  std::string engine = "runtime";
  ThreadOptions threads;
  CacheOptions cache;
};
// -f/--file, -c/--ctx-size, --chunks, --documents, --separator, --engine, -t/--threads, -ctk, -ctv.
CLI::Option* AddMeasureOptions(CLI::App& verb, MeasureOptions& options);  // returns -f/--file

WindowSet MakeWindows(const MeasureOptions& options, const Tokenizer& tokenizer);

// The model on the engine asked for, ready for windows of up to `longest` tokens.
std::unique_ptr<LogitSource> MakeSource(const OpenedModel& opened, const MeasureOptions& options, int64_t longest);

int64_t LongestWindow(std::span<const Window> windows);

}  // namespace bantam::cli
