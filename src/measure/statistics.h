// Means, shares and percentiles with their standard errors: the formulas every fidelity report rests on.
//
// The definitions are those of llama.cpp's perplexity tool: the error of a mean is sqrt(population variance / (n - 1)),
// errors pass through exp and sqrt to first order (delta method), percentiles interpolate linearly between order
// statistics. All of them treat the n values as independent. Tokens of one text are not quite, so the true error is
// somewhat larger.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"

namespace bantam {

// A measured number, its standard error and how many values stand behind it. The error is NaN where it is not defined:
// for one value alone, for extremes, for percentiles with too few values beyond them.
struct Estimate {
  double value = 0.0;
  double error = 0.0;
  int64_t n = 0;
};

// {"value": ..., "stderr": ..., "n": ...}; what is not finite becomes null, since JSON has no other word for it.
Json ToJson(const Estimate& estimate);

// Mean in two passes. An empty span gives NaN with n = 0.
Estimate Mean(std::span<const double> values);

// Mean of a[i] - b[i]. The pairing matters: two models agree on which tokens are hard, and the error of the difference
// is far below that of either mean. Equal to sqrt(err_a^2 + err_b^2 - 2 cov).
Estimate MeanDifference(std::span<const double> a, std::span<const double> b);

// Pearson correlation; NaN when either side is constant.
double Correlation(std::span<const double> a, std::span<const double> b);

// exp(x) with error exp(x) * error(x).
Estimate Exp(const Estimate& x);

// sqrt(mean of squares) with error 0.5 / rms * error of the mean of squares; 0 with error 0 when every value is 0.
Estimate RootMeanSquare(std::span<const double> values);

// Share p = hits / n with error sqrt(p (1 - p) / (n - 1)).
Estimate Share(int64_t hits, int64_t n);

// `sorted` ascending, 0 <= fraction <= 1: linear interpolation at rank fraction * (n - 1). The error is half the
// distance between the order statistics one binomial standard deviation, sqrt(n f (1 - f)), below and above that rank
// (Woodruff, "Confidence intervals for medians and other position measures", JASA 1952); NaN when those ranks leave the
// sample.
Estimate Percentile(std::span<const double> sorted, double fraction);

}  // namespace bantam
