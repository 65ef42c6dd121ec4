// How far a candidate model Q is from a base model P on the same text, with the words and definitions of llama.cpp's
// tool:
//
//   PPL(Q), PPL(base)          exp of the mean negative log-likelihood of the correct tokens
//   ln(PPL(Q)/PPL(base))       mean of nll_Q - nll_P, paired
//   KLD                        sum_i p_i (ln p_i - ln q_i) per position, base first
//   delta p                    q(correct token) - p(correct token)
//   same top p                 share of positions where both give the highest probability to the same token
//
// Everything is computed in double from float logits and over the whole vocabulary; llama.cpp leaves out base
// probabilities below exp(-16), so its KLD is smaller by less than the mass it skips. All values are in nats or
// probabilities; only the printed table shows percent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "measure/base_file.h"
#include "measure/logit_source.h"
#include "measure/statistics.h"
#include "measure/windows.h"

namespace bantam {

struct PositionScores {
  double nll = 0.0, nll_base = 0.0;
  double kld = 0.0;
  double delta_p = 0.0;
  bool same_top = false;
};

// Both spans: [vocab]. kNumeric when a logit is not finite.
PositionScores ComparePosition(std::span<const float> base, std::span<const float> candidate, int32_t target);

// The same from a stored row. kld is that of the coarser distribution {top tokens, correct token, all others as one},
// so it is at most the true one; everything else is exact.
PositionScores ComparePosition(const BaseRow& base, std::span<const float> candidate, int32_t target);

struct DivergenceResult {
  std::vector<double> nll, nll_base, kld, delta_p;  // one value per scored position
  int64_t same_top = 0;
  bool kld_is_lower_bound = false;  // the base came from a file that keeps top-k only
  double mean_rest_mass = 0.0;      // of the base, over positions: what the bound could not see into; 0 without a file

  void Add(const PositionScores& scores);
};

// Evaluates both models window by window; the base's logits of one window are held (scored positions x vocabulary x 4
// bytes). Both must have one vocabulary size (kUsage). `save`, when given, also receives the base's results.
DivergenceResult CompareModels(LogitSource& base, LogitSource& candidate, std::span<const Window> windows,
                               BaseFileWriter* save = nullptr);

// The same with a stored base, on the windows the file holds.
DivergenceResult CompareWithBase(const BaseFile& base, LogitSource& candidate);

// Evaluates the base alone and stores it.
void SaveBase(LogitSource& base, std::span<const Window> windows, BaseFileWriter& save);

// One number of the report, in the order and with the words in which it is printed.
struct DivergenceLine {
  std::string section;  // "perplexity", "kld", "delta_p", "top"
  std::string key;      // in JSON: "mean", "p99", "maximum"
  std::string label;    // in the table: "99.0%   KLD"
  Estimate estimate;
  bool percent = false;  // the table shows it times 100
};
std::vector<DivergenceLine> Summarize(const DivergenceResult& result);

// {"perplexity": {...}, "kld": {..., "is_lower_bound": false}, "delta_p": {...}, "same_top_p": {...}}; every number an
// estimate.
Json ToJson(const DivergenceResult& result);

}  // namespace bantam
