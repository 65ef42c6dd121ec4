#include "transformer/ops/expert_rows.h"

#include <algorithm>

namespace bantam {

ExpertRows::ExpertRows(int64_t experts, int64_t used, std::span<const int32_t> chosen)
    : begin(experts + 1), row(chosen.size()), slot(chosen.size()) {
  for (const int32_t expert : chosen) ++begin[expert + 1];
  for (int64_t e = 0; e < experts; ++e) begin[e + 1] += begin[e];
  std::vector<int64_t> next(begin.begin(), begin.end() - 1);
  for (size_t i = 0; i < chosen.size(); ++i) {
    const int64_t place = next[chosen[i]]++;
    row[place] = static_cast<int64_t>(i) / used;
    slot[place] = static_cast<int64_t>(i);
  }
}

template <typename T>
void GatherRowsForward(std::span<const T> x, int64_t width, std::span<const int64_t> rows, std::span<T> y) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::span<const T> source = x.subspan(rows[i] * width, width);
    std::copy(source.begin(), source.end(), y.begin() + static_cast<int64_t>(i) * width);
  }
}

template <typename T>
void ScatterRowsForward(std::span<const T> x, int64_t width, std::span<const int64_t> rows, std::span<const T> weights,
                        std::span<T> y) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::span<const T> source = x.subspan(i * width, width);
    const std::span<T> target = y.subspan(rows[i] * width, width);
    for (int64_t j = 0; j < width; ++j) target[j] += weights[i] * source[j];
  }
}

template void GatherRowsForward<float>(std::span<const float>, int64_t, std::span<const int64_t>, std::span<float>);
template void GatherRowsForward<double>(std::span<const double>, int64_t, std::span<const int64_t>, std::span<double>);
template void ScatterRowsForward<float>(std::span<const float>, int64_t, std::span<const int64_t>,
                                        std::span<const float>, std::span<float>);
template void ScatterRowsForward<double>(std::span<const double>, int64_t, std::span<const int64_t>,
                                         std::span<const double>, std::span<double>);

}  // namespace bantam
