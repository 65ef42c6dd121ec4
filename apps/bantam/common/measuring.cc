#include "common/measuring.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "common/output.h"
#include "math/gemm.h"
#include "measure/runtime_source.h"
#include "measure/transformer_source.h"

namespace bantam::cli {

CLI::Option* AddMeasureOptions(CLI::App& verb, MeasureOptions& options) {
  CLI::Option* file = verb.add_option("-f,--file", options.file, "the text to score")->type_name("TEXT");
  verb.add_option("-c,--ctx-size", options.context,
                  "tokens per window, or of a document at most; 512, or the model's context if less")
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 24))
      ->type_name("N");
  verb.add_option("--chunks", options.chunks, "windows or documents at most; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  CLI::Option* documents = verb.add_flag("--documents", options.documents,
                                         "the text is many texts; score every token of each instead of the second "
                                         "half of windows");
  verb.add_option("--separator", options.separator, "the line between documents")
      ->capture_default_str()
      ->type_name("LINE")
      ->needs(documents);
  verb.add_option("--engine", options.engine, "runtime (what ships) or transformer (float reference)")
      ->capture_default_str()
      ->check(CLI::IsMember({"runtime", "transformer"}))
      ->type_name("NAME");
  AddThreadOptions(verb, options.threads);
  AddCacheOptions(verb, options.cache);
  return file;
}

int64_t WindowTokens(const MeasureOptions& options, std::initializer_list<const OpenedModel*> models) {
  if (options.context) return *options.context;
  int64_t context = 512;
  for (const OpenedModel* opened : models) {
    context = std::min(context, opened->model->architecture().context_length);
  }
  return context;
}

WindowSet MakeWindows(const MeasureOptions& options, const Tokenizer& tokenizer, int64_t context) {
  const std::string text = ReadFile(options.file);
  if (options.documents) {
    return CutDocuments(SplitDocuments(text, options.separator), tokenizer, context, options.chunks);
  }
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  return CutWindows(tokenizer.Encode(text), context, vocabulary.add_bos ? vocabulary.bos : std::nullopt,
                    options.chunks);
}

std::unique_ptr<LogitSource> MakeSource(const OpenedModel& opened, const MeasureOptions& options, int64_t longest) {
  const int64_t trained = opened.model->architecture().context_length;
  const std::string path = opened.model->path().string();
  if (longest > trained) {
    PrintNote(fmt::format("{} was trained on {} tokens of context, windows have up to {}", path, trained, longest));
  }
  if (options.engine == "transformer") {
    SetGemmThreads(options.threads.Count());
    return MakeTransformerSource(Transformer::Load(*opened.model), path + " (transformer)");
  }
  const SessionOptions session{.context = longest, .kv = options.cache.Type(), .pool = options.threads.MakePool()};
  return MakeRuntimeSource(RuntimeModel::Load(*opened.model), session,
                           fmt::format("{} (runtime, {} cache)", path, Name(session.kv)));
}

int64_t LongestWindow(std::span<const Window> windows) {
  size_t longest = 0;
  for (const Window& window : windows) longest = std::max(longest, window.tokens.size());
  return static_cast<int64_t>(longest);
}

}  // namespace bantam::cli
