// Linear layers, the weights as checkpoints store them: [out, in].
#pragma once

#include <cstdint>
#include <span>

namespace bantam {

// y [rows, out] = x [rows, in] weight^T + bias. weight: [out, in]; bias: [out] or empty.
template <typename T>
void LinearForward(std::span<const T> x, std::span<const T> weight, std::span<const T> bias, int64_t rows,
                   std::span<T> y);

// The same with x and weight rounded to bfloat16 (weight already is) and sums in float. kUnsupported where
// GemmBf16Supported() is false.
void LinearForwardBf16(std::span<const float> x, std::span<const uint16_t> weight, std::span<const float> bias,
                       int64_t rows, std::span<float> y);

}  // namespace bantam
