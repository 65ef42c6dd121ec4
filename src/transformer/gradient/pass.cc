#include "transformer/gradient/pass.h"

#include <algorithm>
#include <type_traits>

#include "transformer/ops/layer_norm.h"

namespace bantam {
namespace {

// gradient [width] += the rows of partial sums [kRowShards, width], in order.
template <typename T>
void AddShards(const std::vector<T>& sums, int64_t width, T* gradient) {
  for (size_t start = 0; start < sums.size(); start += width) AddRow(sums.data() + start, width, gradient);
}

template <typename T, typename E>
void RmsNormBackwardRows(const Pass<T, E>& pass, const NormSlot& norm, std::span<const T> x, std::span<const T> dy,
                         T* dx) {
  const int64_t width = norm.gain.size;
  const T* gain = pass.parameters + norm.gain.offset;
  std::vector<T> sums(kRowShards * width);
  ForRowShards(static_cast<int64_t>(x.size()) / width, [&](int64_t shard, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t at = row * width;
      RmsNormRowBackward(x.data() + at, gain, pass.architecture.norm_eps, dy.data() + at, width, dx + at,
                         sums.data() + shard * width);
    }
  });
  AddShards(sums, width, pass.gradients + norm.gain.offset);
}

template <typename T, typename E>
void LayerNormBackwardRows(const Pass<T, E>& pass, const NormSlot& norm, std::span<const T> x, std::span<const T> dy,
                           T* dx) {
  const int64_t width = norm.gain.size;
  const std::span gain(pass.parameters + norm.gain.offset, width);
  std::vector<T> gain_sums(kRowShards * width), bias_sums(kRowShards * width);
  ForRowShards(static_cast<int64_t>(x.size()) / width, [&](int64_t shard, int64_t begin, int64_t end) {
    LayerNormBackward<T>(RowRange(x, width, begin, end), gain, pass.architecture.norm_eps,
                         RowRange(dy, width, begin, end), RowRange(std::span(dx, x.size()), width, begin, end),
                         RowRange(std::span(gain_sums), width, shard, shard + 1),
                         RowRange(std::span(bias_sums), width, shard, shard + 1));
  });
  AddShards(gain_sums, width, pass.gradients + norm.gain.offset);
  AddShards(bias_sums, width, pass.gradients + norm.bias.offset);
}

}  // namespace

void ForRowShards(int64_t rows, const std::function<void(int64_t shard, int64_t begin, int64_t end)>& body) {
  const int64_t size = (rows + kRowShards - 1) / kRowShards;
  WorkbenchPool().Run(kRowShards, [&](int64_t shard) {
    const int64_t begin = std::min(shard * size, rows), end = std::min(begin + size, rows);
    if (begin < end) body(shard, begin, end);
  });
}

template <typename T, typename E, typename O>
void NormForward(const Pass<T, E>& pass, const NormSlot& norm, std::span<const T> x, O* y) {
  const int64_t width = norm.gain.size;
  const T* gain = pass.parameters + norm.gain.offset;
  const double eps = pass.architecture.norm_eps;
  ForRows(static_cast<int64_t>(x.size()) / width, [&](int64_t begin, int64_t end) {
    if (pass.architecture.norm == NormKind::kRms) {
      for (int64_t row = begin; row < end; ++row) RmsNormRow(x.data() + row * width, gain, eps, width, y + row * width);
      return;
    }
    std::vector<T> normed((end - begin) * width);
    LayerNormForward<T>(RowRange(x, width, begin, end), std::span(gain, width),
                        std::span(pass.parameters + norm.bias.offset, width), eps, normed);
    ConvertRow(normed.data(), (end - begin) * width, y + begin * width);
  });
}

template <typename T, typename E>
void NormBackward(const Pass<T, E>& pass, const NormSlot& norm, std::span<const T> x, std::span<const T> dy, T* dx) {
  if (pass.architecture.norm == NormKind::kRms) {
    RmsNormBackwardRows(pass, norm, x, dy, dx);
  } else {
    LayerNormBackwardRows(pass, norm, x, dy, dx);
  }
}

template <typename T, typename E>
void LinearForward(const Pass<T, E>& pass, const LinearSlot& linear, int64_t rows, const E* x, bool accumulate, T* y) {
  Multiply(Transpose::kRight, rows, linear.out, linear.in, Strided<const E>{x, linear.in},
           Strided<const E>{pass.operands + linear.weight.offset, linear.in}, accumulate, Strided<T>{y, linear.out});
  if (!linear.bias.present()) return;
  ForRows(rows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      AddRow(pass.parameters + linear.bias.offset, linear.out, y + row * linear.out);
    }
  });
}

template <typename T, typename E>
void LinearBackward(const Pass<T, E>& pass, const LinearSlot& linear, int64_t rows, const E* x, const E* dy,
                    bool accumulate, T* dx) {
  Multiply(Transpose::kLeft, linear.out, linear.in, rows, Strided<const E>{dy, linear.out},
           Strided<const E>{x, linear.in}, true, Strided<T>{pass.gradients + linear.weight.offset, linear.in});
  if (linear.bias.present()) {
    std::vector<T> sums(kRowShards * linear.out);
    ForRowShards(rows, [&](int64_t shard, int64_t begin, int64_t end) {
      std::vector<T> wide(linear.out);
      for (int64_t row = begin; row < end; ++row) {
        ConvertRow(dy + row * linear.out, linear.out, wide.data());
        AddRow(wide.data(), linear.out, sums.data() + shard * linear.out);
      }
    });
    AddShards(sums, linear.out, pass.gradients + linear.bias.offset);
  }
  if (dx == nullptr) return;
  Multiply(Transpose::kNone, rows, linear.in, linear.out, Strided<const E>{dy, linear.out},
           Strided<const E>{pass.operands + linear.weight.offset, linear.in}, accumulate, Strided<T>{dx, linear.in});
}

#define BANTAM_INSTANTIATE(T, E)                                                                                    \
  template void NormForward<T, E, E>(const Pass<T, E>&, const NormSlot&, std::span<const T>, E*);                   \
  template void NormBackward<T, E>(const Pass<T, E>&, const NormSlot&, std::span<const T>, std::span<const T>, T*); \
  template void LinearForward<T, E>(const Pass<T, E>&, const LinearSlot&, int64_t, const E*, bool, T*);             \
  template void LinearBackward<T, E>(const Pass<T, E>&, const LinearSlot&, int64_t, const E*, const E*, bool, T*)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);
template void NormForward<float, BFloat16, float>(const Pass<float, BFloat16>&, const NormSlot&, std::span<const float>,
                                                  float*);

}  // namespace bantam
