#include "tensor/codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/error.h"
#include "tensor/codec/float8.h"
#include "tensor/codec/iq4.h"
#include "tensor/codec/mxfp4.h"
#include "tensor/codec/q2_k_q3_k.h"
#include "tensor/codec/q4_k_q5_k.h"
#include "tensor/codec/q4_q5.h"
#include "tensor/codec/q6_k.h"
#include "tensor/codec/q8_0.h"
#include "tensor/codec/ternary.h"

namespace bantam {
namespace {

// Stored values and blocks are copied out before they are read: a file promises no alignment.
template <typename T>
T Load(const std::byte* src, int64_t index) {
  T value;
  std::memcpy(&value, src + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T>
void Store(const T& value, std::byte* dst, int64_t index) {
  std::memcpy(dst + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

template <typename Stored, float (*ToFloat)(Stored)>
void DecodeEach(const std::byte* src, float* dst, int64_t values) {
  for (int64_t i = 0; i < values; ++i) dst[i] = ToFloat(Load<Stored>(src, i));
}

// Integers and F64: the nearest float, ties to even.
template <typename Number>
float NumberToFloat(Number number) {
  return static_cast<float>(number);
}

float BoolToFloat(uint8_t byte) { return byte != 0 ? 1.0f : 0.0f; }

template <typename Block>
void DecodeBlocks(const std::byte* src, float* dst, int64_t values) {
  for (int64_t i = 0; i < values / Block::kValues; ++i) Load<Block>(src, i).Decode(dst + i * Block::kValues);
}

constexpr int64_t kNone = -1;

template <typename Stored, Stored (*FromFloat)(float)>
int64_t EncodeEach(const float* src, std::byte* dst, int64_t values) {
  for (int64_t i = 0; i < values; ++i) Store(FromFloat(src[i]), dst, i);
  return kNone;
}

template <typename Block>
int64_t EncodeBlocks(const float* src, std::byte* dst, int64_t values) {
  for (int64_t i = 0; i < values / Block::kValues; ++i) {
    Block block;
    if (!block.Encode(src + i * Block::kValues)) return i;
    Store(block, dst, i);
  }
  return kNone;
}

float SameFloat(float value) { return value; }

struct Codec {
  DType dtype;
  void (*decode)(const std::byte* src, float* dst, int64_t values) = nullptr;
  // Returns the first block that cannot be encoded, kNone when all could.
  int64_t (*encode)(const float* src, std::byte* dst, int64_t values) = nullptr;
};

constexpr std::array kCodecs = {
    Codec{DType::kF32, DecodeEach<float, SameFloat>, EncodeEach<float, SameFloat>},
    Codec{DType::kF16, DecodeEach<uint16_t, HalfToFloat>, EncodeEach<uint16_t, FloatToHalf>},
    Codec{DType::kBF16, DecodeEach<uint16_t, BFloat16ToFloat>, EncodeEach<uint16_t, FloatToBFloat16>},
    Codec{DType::kF64, DecodeEach<double, NumberToFloat>},
    Codec{DType::kF8_E4M3, DecodeEach<uint8_t, Float8E4M3ToFloat>},
    Codec{DType::kF8_E5M2, DecodeEach<uint8_t, Float8E5M2ToFloat>},
    Codec{DType::kI8, DecodeEach<int8_t, NumberToFloat>},
    Codec{DType::kI16, DecodeEach<int16_t, NumberToFloat>},
    Codec{DType::kI32, DecodeEach<int32_t, NumberToFloat>},
    Codec{DType::kI64, DecodeEach<int64_t, NumberToFloat>},
    Codec{DType::kU8, DecodeEach<uint8_t, NumberToFloat>},
    Codec{DType::kU16, DecodeEach<uint16_t, NumberToFloat>},
    Codec{DType::kU32, DecodeEach<uint32_t, NumberToFloat>},
    Codec{DType::kU64, DecodeEach<uint64_t, NumberToFloat>},
    Codec{DType::kBool, DecodeEach<uint8_t, BoolToFloat>},
    Codec{DType::kQ8_0, DecodeBlocks<BlockQ8_0>, EncodeBlocks<BlockQ8_0>},
    Codec{DType::kQ4_0, DecodeBlocks<BlockQ4_0>, EncodeBlocks<BlockQ4_0>},
    Codec{DType::kQ4_1, DecodeBlocks<BlockQ4_1>},
    Codec{DType::kQ5_0, DecodeBlocks<BlockQ5_0>},
    Codec{DType::kQ5_1, DecodeBlocks<BlockQ5_1>},
    Codec{DType::kQ2_K, DecodeBlocks<BlockQ2_K>},
    Codec{DType::kQ3_K, DecodeBlocks<BlockQ3_K>},
    Codec{DType::kQ4_K, DecodeBlocks<BlockQ4_K>},
    Codec{DType::kQ5_K, DecodeBlocks<BlockQ5_K>},
    Codec{DType::kQ6_K, DecodeBlocks<BlockQ6_K>},
    Codec{DType::kIQ4_NL, DecodeBlocks<BlockIQ4_NL>},
    Codec{DType::kIQ4_XS, DecodeBlocks<BlockIQ4_XS>},
    Codec{DType::kTQ1_0, DecodeBlocks<BlockTQ1_0>},
    Codec{DType::kTQ2_0, DecodeBlocks<BlockTQ2_0>},
    Codec{DType::kMXFP4, DecodeBlocks<BlockMXFP4>},
};

// An empty codec for a type that has none.
Codec FindCodec(DType dtype) {
  const auto found = std::find_if(kCodecs.begin(), kCodecs.end(), [=](const Codec& c) { return c.dtype == dtype; });
  return found != kCodecs.end() ? *found : Codec{dtype};
}

}  // namespace

void DecodeRow(DType dtype, const std::byte* src, float* dst, int64_t values) {
  RowBytes(dtype, values);  // for its check that the row is whole blocks
  const Codec codec = FindCodec(dtype);
  if (codec.decode == nullptr) {
    Fail(ErrorCode::kUnsupported, "tensors of type " + std::string(Name(dtype)) + " cannot be decoded");
  }
  codec.decode(src, dst, values);
}

void EncodeRow(DType dtype, const float* src, std::byte* dst, int64_t values) {
  RowBytes(dtype, values);
  const Codec codec = FindCodec(dtype);
  if (codec.encode == nullptr) {
    Fail(ErrorCode::kUnsupported, "floats cannot be encoded as " + std::string(Name(dtype)));
  }
  const int64_t bad_block = codec.encode(src, dst, values);
  if (bad_block == kNone) return;
  const int64_t first = bad_block * Info(dtype).block_values;
  const int64_t last = first + Info(dtype).block_values - 1;
  Fail(ErrorCode::kNumeric, "a NaN, an infinity or a number too large for " + std::string(Name(dtype)),
       "values " + std::to_string(first) + " to " + std::to_string(last) + " of the row");
}

std::vector<float> ToFloats(const Tensor& tensor) {
  const int64_t rows = tensor.rows(), row_values = tensor.row_values();
  if (rows == 0) return {};
  const int64_t row_bytes = tensor.row_bytes();
  if (static_cast<int64_t>(tensor.bytes.size()) != rows * row_bytes) {
    Fail(ErrorCode::kInternal, "a tensor " + ToString(tensor.shape) + " of type " + std::string(Name(tensor.dtype)) +
                                   " has " + std::to_string(tensor.bytes.size()) + " bytes");
  }
  std::vector<float> floats(static_cast<size_t>(tensor.elements()));
  for (int64_t row = 0; row < rows; ++row) {
    DecodeRow(tensor.dtype, tensor.bytes.data() + row * row_bytes, floats.data() + row * row_values, row_values);
  }
  return floats;
}

}  // namespace bantam
