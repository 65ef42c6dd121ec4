// Sorting the rows of a batch by the expert they go to, so that every expert is one matrix product over its rows, and
// adding the results back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bantam {

// Expert e gets entries [begin[e], begin[e + 1]): row[i] is a row of the batch, ascending within an expert, and slot[i]
// its place in the router's [tokens, used] tables.
struct ExpertRows {
  ExpertRows(int64_t experts, int64_t used, std::span<const int32_t> chosen);

  std::span<const int64_t> RowsOf(int64_t expert) const {
    return std::span(row).subspan(begin[expert], begin[expert + 1] - begin[expert]);
  }

  std::span<const int64_t> SlotsOf(int64_t expert) const {
    return std::span(slot).subspan(begin[expert], begin[expert + 1] - begin[expert]);
  }

  std::vector<int64_t> begin;      // [experts + 1]
  std::vector<int64_t> row, slot;  // [tokens * used]
};

// y [rows.size(), width] = x [tokens, width] at `rows`.
template <typename T>
void GatherRowsForward(std::span<const T> x, int64_t width, std::span<const int64_t> rows, std::span<T> y);

// y [tokens, width] at `rows` += weights[i] * x[i], x: [rows.size(), width], weights: [rows.size()].
template <typename T>
void ScatterRowsForward(std::span<const T> x, int64_t width, std::span<const int64_t> rows, std::span<const T> weights,
                        std::span<T> y);

}  // namespace bantam
