#include "transformer/ops/linear.h"

#include <algorithm>
#include <vector>

#include "math/gemm.h"
#include "tensor/codec.h"
#include "transformer/ops/matmul.h"

namespace bantam {
namespace {

template <typename T>
void AddBias(std::span<const T> bias, std::span<T> y) {
  if (bias.empty()) return;
  for (size_t start = 0; start < y.size(); start += bias.size()) {
    for (size_t j = 0; j < bias.size(); ++j) y[start + j] += bias[j];
  }
}

}  // namespace

template <typename T>
void LinearForward(std::span<const T> x, std::span<const T> weight, std::span<const T> bias, int64_t rows,
                   std::span<T> y) {
  if (rows == 0) return;
  const int64_t in = static_cast<int64_t>(x.size()) / rows, out = static_cast<int64_t>(y.size()) / rows;
  Multiply(Transpose::kRight, rows, out, in, Strided<const T>{x.data(), in}, Strided<const T>{weight.data(), in}, false,
           Strided<T>{y.data(), out});
  AddBias(bias, y);
}

void LinearForwardBf16(std::span<const float> x, std::span<const uint16_t> weight, std::span<const float> bias,
                       int64_t rows, std::span<float> y) {
  if (rows == 0) return;
  const int64_t in = static_cast<int64_t>(x.size()) / rows, out = static_cast<int64_t>(y.size()) / rows;
  std::vector<uint16_t> rounded(x.size());
  std::transform(x.begin(), x.end(), rounded.begin(), FloatToBFloat16);
  GemmBf16(false, true, rows, out, in, rounded.data(), in, weight.data(), in, false, y.data(), out);
  AddBias(bias, y);
}

template void LinearForward<float>(std::span<const float>, std::span<const float>, std::span<const float>, int64_t,
                                   std::span<float>);
template void LinearForward<double>(std::span<const double>, std::span<const double>, std::span<const double>, int64_t,
                                    std::span<double>);

}  // namespace bantam
