#include "measure/perplexity.h"

#include <fmt/core.h>

#include <cmath>
#include <string>

#include "base/error.h"
#include "base/progress.h"
#include "measure/log_softmax.h"

namespace bantam {

void EvaluateScored(LogitSource& source, const Window& window, int64_t window_index,
                    const std::function<void(int64_t, std::span<const float>, int32_t)>& scored) {
  for (const int32_t token : window.tokens) {
    if (token < 0 || token >= source.vocab_size()) {
      Fail(ErrorCode::kFormat,
           fmt::format("token {} of window {} is outside the vocabulary of {}", token, window_index,
                       source.vocab_size()),
           source.description(), "the tokenizer does not belong to this model");
    }
  }
  source.Evaluate(window.tokens, [&](int64_t position, std::span<const float> logits) {
    if (position < window.first || position + 1 >= static_cast<int64_t>(window.tokens.size())) return;
    try {
      scored(position, logits, window.tokens[position + 1]);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNumeric) throw;
      Fail(ErrorCode::kNumeric, error.message(),
           fmt::format("{}, window {}, position {}", source.description(), window_index, position), error.hint());
    }
  });
}

PerplexityResult MeasurePerplexity(LogitSource& source, std::span<const Window> windows) {
  PerplexityResult result;
  Progress progress("Perplexity", "windows", windows.size());
  double sum = 0.0;
  for (const Window& window : windows) {
    EvaluateScored(source, window, result.windows, [&](int64_t, std::span<const float> logits, int32_t target) {
      result.nll.push_back(LogSumExp(logits) - logits[target]);
      sum += result.nll.back();
    });
    ++result.windows;
    progress.Advance(1, fmt::format("PPL {:.4f}", std::exp(sum / static_cast<double>(result.nll.size()))));
  }
  return result;
}

Json DescribeWindows(const WindowSet& set) {
  Json json = {
      {"mode", set.mode}, {"context", set.context}, {"windows", set.windows.size()}, {"tokens_scored", set.scored()}};
  if (set.mode == "documents") json["truncated_documents"] = set.truncated_documents;
  return json;
}

}  // namespace bantam
