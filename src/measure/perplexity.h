// Perplexity: exp of the mean negative log-likelihood a model gives to the tokens that really came.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"
#include "measure/logit_source.h"
#include "measure/statistics.h"
#include "measure/windows.h"

namespace bantam {

struct PerplexityResult {
  std::vector<double> nll;  // -ln p of the correct token, nats, position by position
  int64_t windows = 0;

  Estimate mean_nll() const { return Mean(nll); }
  Estimate perplexity() const { return Exp(mean_nll()); }
};

// Evaluates every window, with progress on standard error. kFormat when a token lies outside the model's vocabulary,
// kNumeric naming window and position when a logit is not finite.
PerplexityResult MeasurePerplexity(LogitSource& source, std::span<const Window> windows);

// Evaluates `window` and calls `scored(position, logits, target)` for its scored positions in order. What perplexity
// and divergence have in common: the check of the tokens, and errors that name window and position.
void EvaluateScored(LogitSource& source, const Window& window, int64_t window_index,
                    const std::function<void(int64_t position, std::span<const float> logits, int32_t target)>& scored);

// The fields a report has about the text: mode, context, windows, tokens_scored, truncated_documents.
Json DescribeWindows(const WindowSet& set);

}  // namespace bantam
