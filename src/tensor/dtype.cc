#include "tensor/dtype.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"

namespace bantam {
namespace {

constexpr bool kDecodes = true, kEncodes = true, kNoDecoder = false, kNoEncoder = false;

// In the order of their numbers. Sizes: ggml-common.h for the block formats; the layouts are drawn in codec/.
constexpr std::array kTypes = {
    DTypeInfo{DType::kF32, "F32", 1, 4, kDecodes, kEncodes},
    DTypeInfo{DType::kF16, "F16", 1, 2, kDecodes, kEncodes},
    DTypeInfo{DType::kQ4_0, "Q4_0", 32, 18, kDecodes, kEncodes},
    DTypeInfo{DType::kQ4_1, "Q4_1", 32, 20, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ5_0, "Q5_0", 32, 22, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ5_1, "Q5_1", 32, 24, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ8_0, "Q8_0", 32, 34, kDecodes, kEncodes},
    DTypeInfo{DType::kQ8_1, "Q8_1", 32, 36, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kQ2_K, "Q2_K", 256, 84, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ3_K, "Q3_K", 256, 110, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ4_K, "Q4_K", 256, 144, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ5_K, "Q5_K", 256, 176, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ6_K, "Q6_K", 256, 210, kDecodes, kNoEncoder},
    DTypeInfo{DType::kQ8_K, "Q8_K", 256, 292, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ2_XXS, "IQ2_XXS", 256, 66, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ2_XS, "IQ2_XS", 256, 74, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ3_XXS, "IQ3_XXS", 256, 98, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ1_S, "IQ1_S", 256, 50, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ4_NL, "IQ4_NL", 32, 18, kDecodes, kNoEncoder},
    DTypeInfo{DType::kIQ3_S, "IQ3_S", 256, 110, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ2_S, "IQ2_S", 256, 82, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kIQ4_XS, "IQ4_XS", 256, 136, kDecodes, kNoEncoder},
    DTypeInfo{DType::kI8, "I8", 1, 1, kDecodes, kNoEncoder},
    DTypeInfo{DType::kI16, "I16", 1, 2, kDecodes, kNoEncoder},
    DTypeInfo{DType::kI32, "I32", 1, 4, kDecodes, kNoEncoder},
    DTypeInfo{DType::kI64, "I64", 1, 8, kDecodes, kNoEncoder},
    DTypeInfo{DType::kF64, "F64", 1, 8, kDecodes, kNoEncoder},
    DTypeInfo{DType::kIQ1_M, "IQ1_M", 256, 56, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kBF16, "BF16", 1, 2, kDecodes, kEncodes},
    DTypeInfo{DType::kTQ1_0, "TQ1_0", 256, 54, kDecodes, kNoEncoder},
    DTypeInfo{DType::kTQ2_0, "TQ2_0", 256, 66, kDecodes, kNoEncoder},
    DTypeInfo{DType::kMXFP4, "MXFP4", 32, 17, kDecodes, kNoEncoder},
    DTypeInfo{DType::kNVFP4, "NVFP4", 64, 36, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kQ1_0, "Q1_0", 128, 18, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kQ2_0, "Q2_0", 64, 18, kNoDecoder, kNoEncoder},
    DTypeInfo{DType::kU8, "U8", 1, 1, kDecodes, kNoEncoder},
    DTypeInfo{DType::kU16, "U16", 1, 2, kDecodes, kNoEncoder},
    DTypeInfo{DType::kU32, "U32", 1, 4, kDecodes, kNoEncoder},
    DTypeInfo{DType::kU64, "U64", 1, 8, kDecodes, kNoEncoder},
    DTypeInfo{DType::kBool, "BOOL", 1, 1, kDecodes, kNoEncoder},
    DTypeInfo{DType::kF8_E4M3, "F8_E4M3", 1, 1, kDecodes, kNoEncoder},
    DTypeInfo{DType::kF8_E5M2, "F8_E5M2", 1, 1, kDecodes, kNoEncoder},
};

constexpr bool LessByNumber(const DTypeInfo& a, const DTypeInfo& b) { return a.dtype < b.dtype; }
static_assert(std::is_sorted(kTypes.begin(), kTypes.end(), LessByNumber), "FindDType searches by halving");

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace

const DTypeInfo* FindDType(uint32_t number) {
  const auto found = std::lower_bound(kTypes.begin(), kTypes.end(), number, [](const DTypeInfo& info, uint32_t wanted) {
    return static_cast<uint32_t>(info.dtype) < wanted;
  });
  return found != kTypes.end() && static_cast<uint32_t>(found->dtype) == number ? &*found : nullptr;
}

const DTypeInfo& Info(DType dtype) {
  const DTypeInfo* info = FindDType(static_cast<uint32_t>(dtype));
  if (info == nullptr) {
    Fail(ErrorCode::kInternal, "there is no tensor type number " + std::to_string(static_cast<uint32_t>(dtype)));
  }
  return *info;
}

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DTypeInfo& info : kTypes) {
    if (EqualIgnoringCase(info.name, name)) return info.dtype;
  }
  return std::nullopt;
}

int64_t RowBytes(DType dtype, int64_t values) {
  const DTypeInfo& info = Info(dtype);
  if (values < 0 || values % info.block_values != 0) {
    Fail(ErrorCode::kFormat, "a row of " + std::to_string(values) + " values is not a whole number of " +
                                 std::string(info.name) + " blocks of " + std::to_string(info.block_values));
  }
  int64_t bytes = 0;
  if (__builtin_mul_overflow(values / info.block_values, info.block_bytes, &bytes)) {
    Fail(ErrorCode::kFormat, "a row of " + std::to_string(values) + " values of type " + std::string(info.name) +
                                 " is larger than any file");
  }
  return bytes;
}

}  // namespace bantam
