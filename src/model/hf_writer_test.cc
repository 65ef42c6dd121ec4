#include "model/hf_writer.h"

#include <algorithm>
#include <cmath>

#include "model/model.h"
#include "tensor/codec.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::RandomModelNames;
using bantam::testing::TemporaryFolder;
using bantam::testing::WriteRandomHfFolder;

class HfWriterTest : public ::testing::TestWithParam<std::string> {};

// A folder that is read and written again holds the same model: every switch and every weight.
TEST_P(HfWriterTest, RoundTrip) {
  const TemporaryFolder folder;
  WriteRandomHfFolder(folder / "first", {.name = GetParam()});
  const auto first = Model::Open(folder / "first");
  const auto as_f32 = [&](const TensorSpec& spec) { return HfTensorValues{first->LoadFloats(spec.name), DType::kF32}; };
  WriteHfModel(folder / "second", first->architecture(), as_f32, {{"bos_token_id", 7}});
  const auto second = Model::Open(folder / "second");

  Architecture expected = first->architecture();
  expected.name = "second";
  EXPECT_EQ(second->architecture(), expected);
  EXPECT_EQ(second->hf()->config["bos_token_id"], 7);
  ASSERT_EQ(second->tensors(), first->tensors());
  for (const TensorSpec& spec : first->tensors()) {
    SCOPED_TRACE(spec.name);
    const std::vector<float> a = first->LoadFloats(spec.name), b = second->LoadFloats(spec.name);
    ASSERT_EQ(a.size(), b.size());
    // Gemma's gains are stored minus one, which rounds those beyond 2 and below 1/2 once more.
    const bool exact = spec.role != TensorRole::kNorm || !GetParam().starts_with("gemma");
    for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], exact ? 0.0 : 0x1p-23 * std::abs(a[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, HfWriterTest, ::testing::ValuesIn(RandomModelNames()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
});

TEST(HfWriterTest, StoresEachTensorInItsType) {
  const TemporaryFolder folder;
  WriteRandomHfFolder(folder / "first", {.name = "qwen2moe"});
  const auto first = Model::Open(folder / "first");
  const auto type_of = [](const TensorSpec& spec) {
    return spec.role == TensorRole::kRouter ? DType::kF32 : DType::kBF16;
  };
  WriteHfModel(folder / "second", first->architecture(),
               [&](const TensorSpec& spec) { return HfTensorValues{first->LoadFloats(spec.name), type_of(spec)}; });
  const auto second = Model::Open(folder / "second");
  for (const TensorSpec& spec : second->tensors()) {
    SCOPED_TRACE(spec.name);
    EXPECT_EQ(Name(second->dtype(spec.name)), Name(type_of(spec)));
    std::vector<float> expected = first->LoadFloats(spec.name);
    if (spec.role != TensorRole::kRouter) {
      for (float& value : expected) value = BFloat16ToFloat(FloatToBFloat16(value));
    }
    EXPECT_EQ(second->LoadFloats(spec.name), expected);
  }
}

}  // namespace
}  // namespace bantam
