// What perplexity and compare share: which text is scored how, and on which engine.
#pragma once

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "common/open_model.h"
#include "common/options.h"
#include "measure/logit_source.h"
#include "measure/windows.h"

namespace bantam::cli {

struct MeasureOptions {
  std::string file;
  std::optional<int64_t> context;
  int64_t chunks = 0;
  bool documents = false;
  std::string separator = "<|endoftext|>";
  std::string engine = "runtime";
  ThreadOptions threads;
  CacheOptions cache;
};
// -f/--file, -c/--ctx-size, --chunks, --documents, --separator, --engine, -t/--threads, -ctk, -ctv.
CLI::Option* AddMeasureOptions(CLI::App& verb, MeasureOptions& options);  // returns -f/--file

// Tokens per window: what --ctx-size says, else 512 as llama.cpp's tool, or less where a model was trained on less.
int64_t WindowTokens(const MeasureOptions& options, std::initializer_list<const OpenedModel*> models);

WindowSet MakeWindows(const MeasureOptions& options, const Tokenizer& tokenizer, int64_t context);

// The model on the engine asked for, ready for windows of up to `longest` tokens.
std::unique_ptr<LogitSource> MakeSource(const OpenedModel& opened, const MeasureOptions& options, int64_t longest);

int64_t LongestWindow(std::span<const Window> windows);

}  // namespace bantam::cli
