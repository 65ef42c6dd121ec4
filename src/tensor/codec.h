// From stored blocks to floats and back. One file per block format under codec/; this is the door to all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tensor/codec/half.h"  // HalfToFloat, FloatToHalf, BFloat16ToFloat, FloatToBFloat16
#include "tensor/tensor.h"

namespace bantam {

// Decodes `values` values from src, which needs no alignment and holds RowBytes(dtype, values) bytes. kFormat when
// `values` is not a multiple of the block, kUnsupported naming the type when it has no decoder. Bit-exact with ggml's
// to_float for every type both have.
void DecodeRow(DType dtype, const std::byte* src, float* dst, int64_t values);

// Encodes; bit-exact with ggml's reference quantiser (quantize_row_*_ref) for F16, BF16, Q8_0 and Q4_0. kNumeric when a
// block of Q8_0 or Q4_0 holds a NaN, an infinity or a value whose scale is above the largest half.
void EncodeRow(DType dtype, const float* src, std::byte* dst, int64_t values);

// The whole tensor as floats, in parallel on no threads: callers that need speed cut it into rows themselves.
std::vector<float> ToFloats(const Tensor& tensor);

}  // namespace bantam
