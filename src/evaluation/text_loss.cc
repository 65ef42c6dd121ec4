#include "evaluation/text_loss.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "measure/perplexity.h"
#include "measure/runtime_source.h"
#include "measure/statistics.h"
#include "train/text_documents.h"

namespace bantam {
namespace {

// The sequence length of the house model's recipes: beyond it a model is asked at positions that it never saw.
constexpr int64_t kContext = 512;

int64_t LongestWindow(const WindowSet& set) {
  size_t longest = 0;
  for (const Window& window : set.windows) longest = std::max(longest, window.tokens.size());
  return static_cast<int64_t>(longest);
}

int64_t ScoredBytes(const WindowSet& set, const Tokenizer& tokenizer) {
  size_t bytes = 0;
  for (const Window& window : set.windows) {
    for (auto i = static_cast<size_t>(window.first) + 1; i < window.tokens.size(); ++i) {
      bytes += tokenizer.TokenBytes(window.tokens[i], false).size();
    }
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace

TextLoss MeasureTextLoss(const Subject& subject, std::string_view text, const std::string& where,
                         const std::shared_ptr<ThreadPool>& pool) {
  const auto start = std::chrono::steady_clock::now();
  const auto documents = SplitTextDocuments(text);
  if (documents.empty()) Fail(ErrorCode::kUsage, "no document in it", where);
  const int64_t context = std::min(kContext, subject.weights->architecture().context_length);
  const WindowSet set = CutDocuments(documents, *subject.tokenizer, context, 0);
  const auto source = MakeRuntimeSource(subject.weights, {.context = LongestWindow(set), .pool = pool}, subject.name);
  TextLoss loss;
  loss.nll = MeasurePerplexity(*source, set.windows).nll;
  loss.bytes = ScoredBytes(set, *subject.tokenizer);
  loss.documents = static_cast<int64_t>(set.windows.size());
  loss.truncated = set.truncated_documents;
  loss.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return loss;
}

double TextLoss::nll_per_byte() const {
  return Mean(nll).value * static_cast<double>(nll.size()) / static_cast<double>(bytes);
}

Json ToJson(const TextLoss& loss) {
  return {{"nll", ToJson(Mean(loss.nll))}, {"nll_per_byte", loss.nll_per_byte()},
          {"tokens", loss.nll.size()},     {"bytes", loss.bytes},
          {"documents", loss.documents},   {"truncated_documents", loss.truncated},
          {"seconds", loss.seconds}};
}

}  // namespace bantam
