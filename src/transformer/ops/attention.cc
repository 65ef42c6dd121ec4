#include "transformer/ops/attention.h"

#include <algorithm>

#include "transformer/ops/soft_cap.h"
#include "transformer/ops/softmax.h"

namespace bantam {

template <typename T>
void AttentionRowsForward(const AttentionParameters& parameters, int64_t tokens, int64_t head_dim, int64_t begin,
                          int64_t end, Strided<const T> q, Strided<const T> k, Strided<const T> v,
                          std::span<T> probabilities, Strided<T> out) {
  std::fill(probabilities.begin(), probabilities.end(), T{0});
  // Keys outside [first, end) are seen by no row of the block.
  const int64_t first = FirstVisible(parameters, begin);
  const Strided<T> block{probabilities.data() + first, tokens};  // [end - begin, end - first]
  Multiply(Transpose::kRight, end - begin, end - first, head_dim, static_cast<T>(parameters.scale),
           Strided<const T>{q.Row(begin), q.stride}, Strided<const T>{k.Row(first), k.stride}, false, block);
  for (int64_t i = begin; i < end; ++i) {
    const std::span<T> row = probabilities.subspan((i - begin) * tokens, tokens);
    const int64_t seen = FirstVisible(parameters, i);
    const std::span<T> visible = row.subspan(seen, i + 1 - seen);
    SoftCapForward(parameters.soft_cap, visible);
    SoftmaxForward(visible);
    std::fill(row.begin() + first, row.begin() + seen, T{0});
    std::fill(row.begin() + i + 1, row.begin() + end, T{0});
  }
  Multiply(Transpose::kNone, end - begin, head_dim, end - first, Strided<const T>{block.data, block.stride},
           Strided<const T>{v.Row(first), v.stride}, false, Strided<T>{out.Row(begin), out.stride});
}

template void AttentionRowsForward<float>(const AttentionParameters&, int64_t, int64_t, int64_t, int64_t,
                                          Strided<const float>, Strided<const float>, Strided<const float>,
                                          std::span<float>, Strided<float>);
template void AttentionRowsForward<double>(const AttentionParameters&, int64_t, int64_t, int64_t, int64_t,
                                           Strided<const double>, Strided<const double>, Strided<const double>,
                                           std::span<double>, Strided<double>);

}  // namespace bantam
