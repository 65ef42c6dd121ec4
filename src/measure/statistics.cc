#include "measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace bantam {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Json FiniteOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// Value of the sorted sample at a fractional rank in [0, n - 1].
double AtRank(std::span<const double> sorted, double rank) {
  const size_t below = static_cast<size_t>(rank);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double weight = rank - static_cast<double>(below);
  return (1.0 - weight) * sorted[below] + weight * sorted[above];
}

double Sum(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum;
}

}  // namespace

Json ToJson(const Estimate& estimate) {
  return {{"value", FiniteOrNull(estimate.value)}, {"stderr", FiniteOrNull(estimate.error)}, {"n", estimate.n}};
}

Estimate Mean(std::span<const double> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  if (n == 0) return {kNaN, kNaN, 0};
  const double mean = Sum(values) / static_cast<double>(n);
  if (n == 1) return {mean, kNaN, 1};
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / static_cast<double>(n) / static_cast<double>(n - 1)), n};
}

Estimate MeanDifference(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) Fail(ErrorCode::kInternal, "paired samples of different sizes");
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(), std::minus<>());
  return Mean(differences);
}

double Correlation(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) Fail(ErrorCode::kInternal, "paired samples of different sizes");
  const double n = static_cast<double>(a.size());
  const double mean_a = Sum(a) / n, mean_b = Sum(b) / n;
  double aa = 0.0, bb = 0.0, ab = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : kNaN;
}

Estimate Exp(const Estimate& x) {
  const double value = std::exp(x.value);
  return {value, value * x.error, x.n};
}

Estimate RootMeanSquare(std::span<const double> values) {
  std::vector<double> squares(values.size());
  std::transform(values.begin(), values.end(), squares.begin(), [](double v) { return v * v; });
  const Estimate mean = Mean(squares);
  const double rms = std::sqrt(mean.value);
  return {rms, rms > 0.0 ? 0.5 / rms * mean.error : mean.error, mean.n};
}

Estimate Share(int64_t hits, int64_t n) {
  if (n == 0) return {kNaN, kNaN, 0};
  const double p = static_cast<double>(hits) / static_cast<double>(n);
  return {p, n > 1 ? std::sqrt(p * (1.0 - p) / static_cast<double>(n - 1)) : kNaN, n};
}

Estimate Percentile(std::span<const double> sorted, double fraction) {
  const int64_t n = static_cast<int64_t>(sorted.size());
  if (n == 0) return {kNaN, kNaN, 0};
  const double last = static_cast<double>(n - 1);
  const double rank = fraction * last;
  const double deviation = std::sqrt(static_cast<double>(n) * fraction * (1.0 - fraction));
  const bool inside = deviation > 0.0 && rank - deviation >= 0.0 && rank + deviation <= last;
  const double error = inside ? 0.5 * (AtRank(sorted, rank + deviation) - AtRank(sorted, rank - deviation)) : kNaN;
  return {AtRank(sorted, rank), error, n};
}

}  // namespace bantam
