#include "evaluation/proportions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace bantam {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kZ = 1.959963984540054;  // Phi(z) = 0.975

// sign = -1: the lower bound, +1: the upper.
double WilsonBound(int64_t hits, int64_t count, double sign) {
  if (count == 0) return kNaN;
  if (sign < 0 && hits == 0) return 0.0;  // exactly, where the square root would leave a rounding error
  if (sign > 0 && hits == count) return 1.0;
  const double n = static_cast<double>(count), p = static_cast<double>(hits) / n;
  const double half = kZ * std::sqrt(p * (1.0 - p) / n + kZ * kZ / (4.0 * n * n));
  return (p + kZ * kZ / (2.0 * n) + sign * half) / (1.0 + kZ * kZ / n);
}

Json FiniteOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

double Proportion::share() const { return n == 0 ? kNaN : static_cast<double>(hits) / static_cast<double>(n); }
double Proportion::low() const { return WilsonBound(hits, n, -1.0); }
double Proportion::high() const { return WilsonBound(hits, n, 1.0); }

Json ToJson(const Proportion& proportion) {
  return {{"hits", proportion.hits},
          {"n", proportion.n},
          {"share", FiniteOrNull(proportion.share())},
          {"low", FiniteOrNull(proportion.low())},
          {"high", FiniteOrNull(proportion.high())}};
}

Proportion ShareOf(const std::vector<bool>& outcomes) {
  return {std::count(outcomes.begin(), outcomes.end(), true), static_cast<int64_t>(outcomes.size())};
}

double PairedChange::p_value() const {
  const int64_t n = lost + gained, least = std::min(lost, gained);
  const auto log_factorial = [](int64_t x) { return std::lgamma(static_cast<double>(x) + 1.0); };
  double tail = 0.0;
  for (int64_t k = 0; k <= least; ++k) {
    const double log_choices = log_factorial(n) - log_factorial(k) - log_factorial(n - k);
    tail += std::exp(log_choices - static_cast<double>(n) * std::log(2.0));
  }
  return std::min(1.0, 2.0 * tail);
}

PairedChange Compare(const std::vector<bool>& first, const std::vector<bool>& second) {
  if (first.size() != second.size()) Fail(ErrorCode::kInternal, "paired outcomes of different numbers");
  PairedChange change;
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i] && second[i]) ++change.kept;
    if (first[i] && !second[i]) ++change.lost;
    if (!first[i] && second[i]) ++change.gained;
    if (!first[i] && !second[i]) ++change.neither;
  }
  return change;
}

Json ToJson(const PairedChange& change) {
  return {{"kept", change.kept},
          {"lost", change.lost},
          {"gained", change.gained},
          {"neither", change.neither},
          {"p_value", change.p_value()}};
}

}  // namespace bantam
