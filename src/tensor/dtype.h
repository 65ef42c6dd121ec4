// Element types of stored tensors: every ggml type by its GGUF number, and what safetensors adds to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bantam {

// Values below 1000 are GGUF's type numbers (ggml.h, enum ggml_type); the others never appear in a GGUF.
enum class DType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kIQ2_XXS = 16,
  kIQ2_XS = 17,
  kIQ3_XXS = 18,
  kIQ1_S = 19,
  kIQ4_NL = 20,
  kIQ3_S = 21,
  kIQ2_S = 22,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1_M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
  kNVFP4 = 40,
  kQ1_0 = 41,
  kQ2_0 = 42,
  kU8 = 1000,
  kU16 = 1001,
  kU32 = 1002,
  kU64 = 1003,
  kBool = 1004,
  kF8_E4M3 = 1005,
  kF8_E5M2 = 1006,
};

struct DTypeInfo {
  DType dtype;
  std::string_view name;  // as llama.cpp prints it: "Q4_K", "BF16"
  int64_t block_values;   // values per block; 1 for plain types
  int64_t block_bytes;
  bool can_decode;  // DecodeRow works
  bool can_encode;  // EncodeRow works
};

// nullptr for a number that is no known type (retired GGUF numbers included).
const DTypeInfo* FindDType(uint32_t number);
const DTypeInfo& Info(DType dtype);
// "q4_0", "Q4_0", "bf16": case does not matter.
std::optional<DType> DTypeFromName(std::string_view name);

inline std::string_view Name(DType dtype) { return Info(dtype).name; }

// Bytes of a row of `values` values; `values` must be a multiple of the block.
int64_t RowBytes(DType dtype, int64_t values);

}  // namespace bantam
