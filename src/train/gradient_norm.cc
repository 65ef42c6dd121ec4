#include "train/gradient_norm.h"

#include <array>
#include <cmath>
#include <vector>

#include "train/flat_ranges.h"

namespace bantam {
namespace {

// Eight partial sums: two AVX-512 registers' worth of doubles in flight; the compiler may not reorder a single one.
constexpr int64_t kLanes = 8;

double SumOfSquares(std::span<const float> values) {
  std::array<double, kLanes> sums{};
  const auto size = static_cast<int64_t>(values.size());
  const int64_t whole = size / kLanes * kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      sums[lane] += value * value;
    }
  }
  for (int64_t i = whole; i < size; ++i) sums[i - whole] += static_cast<double>(values[i]) * values[i];
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

double GradientNorm(std::span<const float> gradients) {
  const auto size = static_cast<int64_t>(gradients.size());
  std::vector<double> sums(FlatRanges(size));
  ForFlatRanges(size, [&](int64_t range, int64_t begin, int64_t end) {
    sums[range] = SumOfSquares(gradients.subspan(begin, end - begin));
  });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

void ClipGradients(std::span<float> gradients, double norm, double clip) {
  if (norm <= clip) return;
  const auto factor = static_cast<float>(clip / norm);
  ForFlatRanges(static_cast<int64_t>(gradients.size()), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) gradients[i] *= factor;
  });
}

}  // namespace bantam
