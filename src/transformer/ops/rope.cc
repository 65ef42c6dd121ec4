#include "transformer/ops/rope.h"

#include <cmath>

namespace bantam {

template <typename T>
RopeTable<T>::RopeTable(const Architecture& architecture, int64_t positions) : pairs(architecture.rope_dim / 2) {
  std::vector<double> frequencies(pairs);  // radians per position
  for (int64_t i = 0; i < pairs; ++i) {
    const double factor = architecture.rope_freq_factors.empty() ? 1.0 : architecture.rope_freq_factors[i];
    frequencies[i] = std::pow(architecture.rope_theta, -2.0 * static_cast<double>(i) / architecture.rope_dim) / factor /
                     architecture.rope_linear_factor;
  }
  cosines.reserve(positions * pairs);
  sines.reserve(positions * pairs);
  for (int64_t position = 0; position < positions; ++position) {
    for (const double frequency : frequencies) {
      cosines.push_back(static_cast<T>(std::cos(position * frequency)));
      sines.push_back(static_cast<T>(std::sin(position * frequency)));
    }
  }
}

namespace {

// Turns every pair by its angle, or by the opposite one.
template <bool kBack, typename T>
void Turn(RopeStyle style, const RopeTable<T>& table, int64_t first_position, int64_t heads, int64_t head_dim,
          std::span<T> x) {
  // Pair i is (x[i * step], x[i * step + distance]).
  const int64_t step = style == RopeStyle::kInterleaved ? 2 : 1;
  const int64_t distance = style == RopeStyle::kInterleaved ? 1 : table.pairs;
  const int64_t tokens = static_cast<int64_t>(x.size()) / (heads * head_dim);
  for (int64_t token = 0; token < tokens; ++token) {
    const T* cosines = table.cosines.data() + (first_position + token) * table.pairs;
    const T* sines = table.sines.data() + (first_position + token) * table.pairs;
    for (int64_t head = 0; head < heads; ++head) {
      T* values = x.data() + (token * heads + head) * head_dim;
      for (int64_t i = 0; i < table.pairs; ++i) {
        const T sine = kBack ? -sines[i] : sines[i];
        T& first = values[i * step];
        T& second = values[i * step + distance];
        const T turned = first * cosines[i] - second * sine;
        second = first * sine + second * cosines[i];
        first = turned;
      }
    }
  }
}

}  // namespace

template <typename T>
void RopeForward(RopeStyle style, const RopeTable<T>& table, int64_t first_position, int64_t heads, int64_t head_dim,
                 std::span<T> x) {
  Turn<false>(style, table, first_position, heads, head_dim, x);
}

template <typename T>
void RopeBackward(RopeStyle style, const RopeTable<T>& table, int64_t first_position, int64_t heads, int64_t head_dim,
                  std::span<T> dx) {
  Turn<true>(style, table, first_position, heads, head_dim, dx);
}

template struct RopeTable<float>;
template struct RopeTable<double>;
template void RopeForward<float>(RopeStyle, const RopeTable<float>&, int64_t, int64_t, int64_t, std::span<float>);
template void RopeForward<double>(RopeStyle, const RopeTable<double>&, int64_t, int64_t, int64_t, std::span<double>);
template void RopeBackward<float>(RopeStyle, const RopeTable<float>&, int64_t, int64_t, int64_t, std::span<float>);
template void RopeBackward<double>(RopeStyle, const RopeTable<double>&, int64_t, int64_t, int64_t, std::span<double>);

}  // namespace bantam
