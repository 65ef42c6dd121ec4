#include "tensor/tensor.h"

#include <cstring>
#include <numeric>
#include <vector>

#include "tensor/codec.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Tensor Counting(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(ElementCount(shape)));
  std::iota(values.begin(), values.end(), 0.0f);
  return Tensor::FromFloats(shape, values);
}

TEST(ShapeTest, Text) {
  EXPECT_EQ(ToString(Shape{}), "[]");
  EXPECT_EQ(ToString(Shape{4096, 1024}), "[4096, 1024]");
}

TEST(ShapeTest, ElementCounts) {
  int64_t count = -1;
  EXPECT_TRUE(CheckedElementCount({}, &count));
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(CheckedElementCount({3, 0, 5}, &count));
  EXPECT_EQ(count, 0);
  EXPECT_TRUE(CheckedElementCount({int64_t{1} << 31, int64_t{1} << 31}, &count));
  EXPECT_EQ(count, int64_t{1} << 62);
  EXPECT_EQ(ElementCount({int64_t{1} << 31, int64_t{1} << 31}), count);

  count = -1;
  EXPECT_FALSE(CheckedElementCount({int64_t{1} << 32, int64_t{1} << 31}, &count));
  EXPECT_FALSE(CheckedElementCount({-1}, &count));
  EXPECT_FALSE(CheckedElementCount({-2, -3}, &count));
  EXPECT_FALSE(CheckedElementCount({0, -3}, &count));
  EXPECT_EQ(count, -1);
}

TEST(TensorTest, RowsOfAnyShape) {
  const Tensor tensor = Counting({2, 3, 4});
  EXPECT_EQ(tensor.elements(), 24);
  EXPECT_EQ(tensor.row_values(), 4);
  EXPECT_EQ(tensor.rows(), 6);
  EXPECT_EQ(tensor.row_bytes(), 16);

  const Tensor scalar = Counting({});
  EXPECT_EQ(scalar.rows(), 1);
  EXPECT_EQ(scalar.row_values(), 1);

  EXPECT_EQ(Counting({5, 0}).rows(), 0);
  EXPECT_EQ(Counting({0, 5}).rows(), 0);
}

TEST(TensorTest, SlicesShareTheStorageAndKeepItAlive) {
  Tensor middle;
  const std::byte* storage = nullptr;
  {
    const Tensor tensor = Counting({2, 3, 4});
    storage = tensor.bytes.data();
    middle = tensor.Rows(2, 5);
  }
  EXPECT_EQ(middle.bytes.data(), storage + 2 * 16);
  EXPECT_THAT(middle.shape, ElementsAre(3, 4));
  EXPECT_THAT(ToFloats(middle), ElementsAre(8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
  EXPECT_THAT(ToFloats(middle.Rows(1, 2)), ElementsAre(12, 13, 14, 15));
  EXPECT_THAT(ToFloats(middle.Rows(3, 3)), IsEmpty());
}

TEST(TensorTest, SlicesOutsideAreErrors) {
  Tensor tensor = Counting({3, 4});
  EXPECT_BANTAM_ERROR(tensor.Rows(0, 4), ErrorCode::kInternal, AllOf(HasSubstr("[3, 4]"), HasSubstr("3 rows")));
  EXPECT_BANTAM_ERROR(tensor.Rows(-1, 2), ErrorCode::kInternal, HasSubstr("-1"));
  EXPECT_BANTAM_ERROR(tensor.Rows(2, 1), ErrorCode::kInternal, HasSubstr("rows 2 to 1"));
  tensor.bytes = tensor.bytes.first(40);
  EXPECT_BANTAM_ERROR(tensor.Rows(1, 3), ErrorCode::kInternal, HasSubstr("40 bytes"));
  EXPECT_BANTAM_ERROR(ToFloats(tensor), ErrorCode::kInternal, HasSubstr("40 bytes"));
}

TEST(TensorTest, AllocatesWholeAlignedBlocks) {
  std::byte* data = nullptr;
  const Tensor tensor = Tensor::Allocate(DType::kQ8_0, {2, 64}, &data);
  EXPECT_EQ(tensor.bytes.size(), 2u * 2 * 34);
  EXPECT_EQ(tensor.bytes.data(), data);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
  std::memset(data, 0, tensor.bytes.size());
  EXPECT_THAT(ToFloats(tensor), AllOf(::testing::SizeIs(128), Each(0.0f)));

  EXPECT_EQ(Tensor::Allocate(DType::kF32, {0, 7}, &data).bytes.size(), 0u);
}

TEST(TensorTest, ImpossibleTensorsAreErrors) {
  std::byte* data = nullptr;
  EXPECT_BANTAM_ERROR(Tensor::Allocate(DType::kQ8_0, {2, 40}, &data), ErrorCode::kFormat, HasSubstr("40"));
  EXPECT_BANTAM_ERROR(Tensor::Allocate(DType::kI8, {int64_t{1} << 40, int64_t{1} << 40}, &data), ErrorCode::kMemory,
                      HasSubstr("[1099511627776, 1099511627776]"));
  EXPECT_BANTAM_ERROR(Tensor::Allocate(DType::kF64, {int64_t{1} << 31, int64_t{1} << 30}, &data), ErrorCode::kMemory,
                      HasSubstr("larger than any memory"));
  EXPECT_BANTAM_ERROR(Tensor::FromFloats({2, 2}, std::vector<float>(3)), ErrorCode::kInternal,
                      AllOf(HasSubstr("3 values"), HasSubstr("[2, 2]")));
}

}  // namespace
}  // namespace bantam
