#include "transformer/ops/embedding.h"

namespace bantam {

template <typename T>
void EmbeddingForward(std::span<const T> table, std::span<const int32_t> tokens, double scale, std::span<T> y) {
  const size_t width = y.size() / tokens.size();
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::span<const T> row = table.subspan(tokens[i] * width, width);
    for (size_t j = 0; j < width; ++j) y[i * width + j] = row[j] * static_cast<T>(scale);
  }
}

template <typename T>
void EmbeddingBackward(std::span<const T> dy, std::span<const int32_t> tokens, double scale, std::span<T> dtable) {
  const size_t width = dy.size() / tokens.size();
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::span<T> row = dtable.subspan(tokens[i] * width, width);
    for (size_t j = 0; j < width; ++j) row[j] += dy[i * width + j] * static_cast<T>(scale);
  }
}

template <typename T>
void PositionEmbeddingForward(std::span<const T> table, std::span<T> x) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += table[i];
}

template <typename T>
void PositionEmbeddingBackward(std::span<const T> dx, std::span<T> dtable) {
  for (size_t i = 0; i < dx.size(); ++i) dtable[i] += dx[i];
}

template void EmbeddingForward<float>(std::span<const float>, std::span<const int32_t>, double, std::span<float>);
template void EmbeddingForward<double>(std::span<const double>, std::span<const int32_t>, double, std::span<double>);
template void EmbeddingBackward<float>(std::span<const float>, std::span<const int32_t>, double, std::span<float>);
template void EmbeddingBackward<double>(std::span<const double>, std::span<const int32_t>, double, std::span<double>);
template void PositionEmbeddingForward<float>(std::span<const float>, std::span<float>);
template void PositionEmbeddingForward<double>(std::span<const double>, std::span<double>);
template void PositionEmbeddingBackward<float>(std::span<const float>, std::span<float>);
template void PositionEmbeddingBackward<double>(std::span<const double>, std::span<double>);

}  // namespace bantam
