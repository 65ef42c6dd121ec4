#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <functional>
#include <map>

#include "formats/gguf.h"
#include "formats/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

constexpr uint64_t kParts = 3;

std::string PartName(uint64_t part) { return fmt::format("model-{:05}-of-{:05}.gguf", part + 1, kParts); }

// What llama.cpp's gguf-split writes: u16 part number and count, i32 tensor count; one float tensor in each part.
struct Part {
  std::map<std::string, GgufValue> keys;
  std::string tensor;
};

std::vector<Part> GoodParts() {
  std::vector<Part> parts(kParts);
  for (uint64_t i = 0; i < kParts; ++i) {
    parts[i].keys["split.no"] = {GgufType::kU16, i};
    parts[i].keys["split.count"] = {GgufType::kU16, kParts};
    parts[i].keys["split.tensors.count"] = {GgufType::kI32, static_cast<int64_t>(kParts)};
    parts[i].tensor = fmt::format("blk.{}.w", i);
  }
  parts[0].keys["general.architecture"] = GgufValue::String("llama");
  parts[0].keys["general.alignment"] = GgufValue::U32(256);  // of the first part alone
  return parts;
}

void Write(const TemporaryFolder& folder, const std::vector<Part>& parts) {
  for (uint64_t i = 0; i < parts.size(); ++i) {
    GgufMetadata metadata;
    for (const auto& [key, value] : parts[i].keys) metadata.Set(key, value);
    GgufWriter writer(folder / PartName(i), metadata);
    writer.Declare(parts[i].tensor, DType::kF32, {1});
    writer.Begin();
    const float value = static_cast<float>(i) + 0.5f;
    writer.Append(std::as_bytes(std::span(&value, 1)));
    writer.Commit();
  }
}

TEST(GgufSplit, PartsAreOneModel) {
  TemporaryFolder folder;
  Write(folder, GoodParts());
  const auto file = GgufFile::Open(folder / PartName(0));
  ASSERT_EQ(file->tensors().size(), 3u);
  EXPECT_EQ(file->metadata().GetString("general.architecture"), "llama");
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < kParts; ++i) {
    const GgufTensorInfo& info = file->tensors()[i];
    EXPECT_EQ(file->Find(fmt::format("blk.{}.w", i)), &info);
    EXPECT_EQ(info.part, static_cast<int>(i));
    EXPECT_EQ(*reinterpret_cast<const float*>(file->Load(info).bytes.data()), static_cast<float>(i) + 0.5f);
    bytes += std::filesystem::file_size(folder / PartName(i));
  }
  EXPECT_EQ(file->file_bytes(), bytes);
}

TEST(GgufSplit, OnePartNeedsNoName) {
  TemporaryFolder folder;
  auto parts = GoodParts();
  parts.resize(1);
  parts[0].keys["split.count"] = {GgufType::kU16, uint64_t{1}};
  Write(folder, parts);
  std::filesystem::rename(folder / PartName(0), folder / "any.gguf");
  EXPECT_EQ(GgufFile::Open(folder / "any.gguf")->tensors().size(), 1u);
}

TEST(GgufSplit, BrokenSplits) {
  struct Case {
    std::string what;
    std::function<void(std::vector<Part>&)> spoil;
    uint64_t open;  // which part is opened
    ErrorCode code;
    std::vector<std::string> words;
  };
  const std::vector<Case> cases = {
      {"second part opened", [](auto&) {}, 1, ErrorCode::kUsage, {PartName(1), "part 2 of 3", PartName(0)}},
      {"part missing", [](auto& p) { p.pop_back(); }, 0, ErrorCode::kIo, {PartName(2), "part 3 of 3 is missing"}},
      {"wrong part number",
       [](auto& p) { p[2].keys["split.no"] = GgufValue::U32(1); },
       0,
       ErrorCode::kFormat,
       {PartName(2), "split.no", "2 was expected"}},
      {"no part number",
       [](auto& p) { p[1].keys.erase("split.no"); },
       0,
       ErrorCode::kFormat,
       {PartName(1), "split.no"}},
      {"no part number in the first",
       [](auto& p) { p[0].keys.erase("split.no"); },
       0,
       ErrorCode::kFormat,
       {PartName(0), "split.no"}},
      {"another count",
       [](auto& p) { p[1].keys["split.count"] = GgufValue::U32(4); },
       0,
       ErrorCode::kFormat,
       {PartName(1), "split.count"}},
      {"count unlike the name",
       [](auto& p) { p[0].keys["split.count"] = GgufValue::U32(4); },
       0,
       ErrorCode::kFormat,
       {PartName(0), "-00001-of-00004.gguf"}},
      {"part number beyond the count",
       [](auto& p) { p[0].keys["split.no"] = GgufValue::U32(~0u); },
       0,
       ErrorCode::kFormat,
       {PartName(0), "does not end with"}},
      {"count of 2^64 - 1",
       [](auto& p) { p[0].keys["split.count"] = {GgufType::kU64, ~uint64_t{0}}; },
       0,
       ErrorCode::kFormat,
       {PartName(0), "does not end with"}},
      {"negative count",
       [](auto& p) { p[0].keys["split.count"] = {GgufType::kI32, int64_t{-1}}; },
       0,
       ErrorCode::kFormat,
       {PartName(0), "split.count", "-1"}},
      {"wrong tensor count",
       [](auto& p) { p[0].keys["split.tensors.count"] = GgufValue::U32(4); },
       0,
       ErrorCode::kFormat,
       {PartName(0), "split.tensors.count", "4"}},
      {"no tensor count",
       [](auto& p) { p[0].keys.erase("split.tensors.count"); },
       0,
       ErrorCode::kFormat,
       {PartName(0), "split.tensors.count"}},
      {"same tensor twice",
       [](auto& p) { p[2].tensor = "blk.0.w"; },
       0,
       ErrorCode::kFormat,
       {PartName(2), "'blk.0.w'", "part 1"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    TemporaryFolder folder;
    auto parts = GoodParts();
    c.spoil(parts);
    Write(folder, parts);
    for (const std::string& word : c.words) {
      EXPECT_BANTAM_ERROR(GgufFile::Open(folder / PartName(c.open)), c.code, HasSubstr(word));
    }
  }
}

TEST(GgufSplit, DamagedPartIsNamed) {
  TemporaryFolder folder;
  Write(folder, GoodParts());
  std::filesystem::resize_file(folder / PartName(1), 40);
  EXPECT_BANTAM_ERROR(GgufFile::Open(folder / PartName(0)), ErrorCode::kFormat,
                      AllOf(HasSubstr(PartName(1)), HasSubstr("byte")));
}

TEST(GgufSplit, RenamedFirstPart) {
  TemporaryFolder folder;
  Write(folder, GoodParts());
  std::filesystem::rename(folder / PartName(0), folder / "model.gguf");
  EXPECT_BANTAM_ERROR(GgufFile::Open(folder / "model.gguf"), ErrorCode::kFormat,
                      AllOf(HasSubstr("model.gguf"), HasSubstr("-00001-of-00003.gguf")));
}

}  // namespace
}  // namespace bantam
