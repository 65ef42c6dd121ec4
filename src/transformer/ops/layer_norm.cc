#include "transformer/ops/layer_norm.h"

#include <cmath>

namespace bantam {

namespace {

struct Moments {
  double mean, scale;  // scale: 1 / sqrt(variance + eps)
};

template <typename T>
Moments RowMoments(std::span<const T> row, double eps) {
  const double width = static_cast<double>(row.size());
  double sum = 0;
  for (const T value : row) sum += value;
  const double mean = sum / width;
  double squares = 0;
  for (const T value : row) squares += (value - mean) * (value - mean);
  return {mean, 1.0 / std::sqrt(squares / width + eps)};
}

}  // namespace

template <typename T>
void LayerNormForward(std::span<const T> x, std::span<const T> gain, std::span<const T> bias, double eps,
                      std::span<T> y) {
  const size_t width = gain.size();
  for (size_t start = 0; start < x.size(); start += width) {
    const auto [mean, scale] = RowMoments(x.subspan(start, width), eps);
    for (size_t j = 0; j < width; ++j) {
      y[start + j] = static_cast<T>((x[start + j] - mean) * scale) * gain[j] + bias[j];
    }
  }
}

template <typename T>
void LayerNormBackward(std::span<const T> x, std::span<const T> gain, double eps, std::span<const T> dy,
                       std::span<T> dx, std::span<T> dgain, std::span<T> dbias) {
  const size_t width = gain.size();
  for (size_t start = 0; start < x.size(); start += width) {
    const auto [mean, scale] = RowMoments(x.subspan(start, width), eps);
    double sum = 0, projection = 0;  // of g, and of g on n
    for (size_t j = 0; j < width; ++j) {
      const double g = static_cast<double>(dy[start + j]) * gain[j];
      sum += g;
      projection += g * ((x[start + j] - mean) * scale);
    }
    sum /= static_cast<double>(width);
    projection /= static_cast<double>(width);
    for (size_t j = 0; j < width; ++j) {
      const double normal = (x[start + j] - mean) * scale, g = static_cast<double>(dy[start + j]) * gain[j];
      dx[start + j] += static_cast<T>(scale * (g - sum - normal * projection));
      dgain[j] += static_cast<T>(dy[start + j] * normal);
      dbias[j] += dy[start + j];
    }
  }
}

template void LayerNormForward<float>(std::span<const float>, std::span<const float>, std::span<const float>, double,
                                      std::span<float>);
template void LayerNormForward<double>(std::span<const double>, std::span<const double>, std::span<const double>,
                                       double, std::span<double>);
template void LayerNormBackward<float>(std::span<const float>, std::span<const float>, double, std::span<const float>,
                                       std::span<float>, std::span<float>, std::span<float>);
template void LayerNormBackward<double>(std::span<const double>, std::span<const double>, double,
                                        std::span<const double>, std::span<double>, std::span<double>,
                                        std::span<double>);

}  // namespace bantam
