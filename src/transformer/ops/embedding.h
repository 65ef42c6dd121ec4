// Rows of a table: token embeddings and learned positions.
#pragma once

#include <cstdint>
#include <span>

namespace bantam {

// y [tokens, width] = table [vocab, width] at `tokens`, times `scale`. Every token is inside the table.
template <typename T>
void EmbeddingForward(std::span<const T> table, std::span<const int32_t> tokens, double scale, std::span<T> y);

// dtable [vocab, width] at `tokens` += dy [tokens, width] times `scale`, token after token.
template <typename T>
void EmbeddingBackward(std::span<const T> dy, std::span<const int32_t> tokens, double scale, std::span<T> dtable);

// x [tokens, width] += the first rows of table [context, width]: one sequence from position 0.
template <typename T>
void PositionEmbeddingForward(std::span<const T> table, std::span<T> x);

// The first rows of dtable += dx [tokens, width].
template <typename T>
void PositionEmbeddingBackward(std::span<const T> dx, std::span<T> dtable);

}  // namespace bantam
