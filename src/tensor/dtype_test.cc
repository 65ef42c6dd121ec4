#include "tensor/dtype.h"

#include <limits>
#include <set>
#include <vector>

#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<DTypeInfo> AllTypes() {
  std::vector<DTypeInfo> types;
  for (uint32_t number = 0; number < 2000; ++number) {
    if (const DTypeInfo* info = FindDType(number); info != nullptr) types.push_back(*info);
  }
  return types;
}

TEST(DTypeTest, KnowsEveryTypeOfGgufAndSafetensors) {
  // 35 numbers of ggml are in use; safetensors adds U8 to U64, BOOL and the two F8.
  EXPECT_EQ(AllTypes().size(), 35u + 7u);
}

TEST(DTypeTest, UnknownNumbersAreNoTypes) {
  for (const uint32_t number : {4u, 5u, 31u, 32u, 33u, 36u, 37u, 38u, 43u, 999u, 1007u, 0xffffffffu}) {
    EXPECT_EQ(FindDType(number), nullptr) << number;
  }
  EXPECT_BANTAM_ERROR(Info(static_cast<DType>(31)), ErrorCode::kInternal, HasSubstr("31"));
}

TEST(DTypeTest, NamesAreUniqueAndFoundInAnyCase) {
  std::set<std::string_view> names;
  for (const DTypeInfo& info : AllTypes()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(DTypeFromName(info.name), info.dtype);
  }
  EXPECT_EQ(DTypeFromName("q4_k"), DType::kQ4_K);
  EXPECT_EQ(DTypeFromName("bF16"), DType::kBF16);
  EXPECT_EQ(DTypeFromName("f8_e4m3"), DType::kF8_E4M3);
  EXPECT_EQ(DTypeFromName("Q4"), std::nullopt);
  EXPECT_EQ(DTypeFromName(""), std::nullopt);
}

TEST(DTypeTest, RowBytes) {
  EXPECT_EQ(RowBytes(DType::kF32, 3), 12);
  EXPECT_EQ(RowBytes(DType::kQ8_0, 64), 2 * 34);
  EXPECT_EQ(RowBytes(DType::kQ4_K, 4096), 4096 * 45 / 80);  // 4.5 bits
  EXPECT_EQ(RowBytes(DType::kNVFP4, 128), 2 * 36);
  EXPECT_EQ(RowBytes(DType::kQ6_K, 0), 0);
}

TEST(DTypeTest, RowsOfBrokenBlocksAreErrors) {
  EXPECT_BANTAM_ERROR(RowBytes(DType::kQ4_0, 33), ErrorCode::kFormat,
                      AllOf(HasSubstr("33"), HasSubstr("Q4_0"), HasSubstr("32")));
  EXPECT_BANTAM_ERROR(RowBytes(DType::kQ6_K, 255), ErrorCode::kFormat, HasSubstr("256"));
  EXPECT_BANTAM_ERROR(RowBytes(DType::kF32, -4), ErrorCode::kFormat, HasSubstr("-4"));
  EXPECT_BANTAM_ERROR(RowBytes(DType::kF64, std::numeric_limits<int64_t>::max()), ErrorCode::kFormat, HasSubstr("F64"));
}

}  // namespace
}  // namespace bantam
