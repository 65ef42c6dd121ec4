#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/rng.h"
#include "formats/gguf.h"
#include "formats/gguf_layout.h"
#include "formats/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadText;
using testing::TemporaryFolder;
using testing::WriteText;

// Writes what was read, through the public interface alone.
std::string Rewrite(const GgufFile& file, const std::filesystem::path& path) {
  GgufWriter writer(path, file.metadata());
  for (const GgufTensorInfo& info : file.tensors()) writer.Declare(info.name, info.dtype, info.shape);
  const uint64_t total = writer.TotalBytes();
  writer.Begin();
  for (const GgufTensorInfo& info : file.tensors()) writer.WriteTensor(info.name, file.Load(info).bytes);
  writer.Commit();
  EXPECT_EQ(std::filesystem::file_size(path), total);
  return ReadText(path);
}

TEST(Gguf, VocabularyFilesKeepTheirBytes) {
  BANTAM_NEEDS_DATA();
  TemporaryFolder folder;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::DataFolder() / "tokenizer/vocab")) {
    if (entry.path().extension() != ".gguf") continue;
    const auto file = GgufFile::Open(entry.path());
    EXPECT_EQ(file->version(), 3u);
    EXPECT_TRUE(file->tensors().empty());
    EXPECT_GE(file->metadata().GetStrings("tokenizer.ggml.tokens").size(), 30000u) << entry.path();
    EXPECT_TRUE(Rewrite(*file, folder / "again.gguf") == ReadText(entry.path())) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 5);
}

// Every value type, laid out by hand after the specification.
Bytes AllMetadataTypes() {
  Bytes b;
  b.String("u8").U32(0).Int<uint8_t>(200);
  b.String("i8").U32(1).Int<int8_t>(-100);
  b.String("u16").U32(2).Int<uint16_t>(60000);
  b.String("i16").U32(3).Int<int16_t>(-30000);
  b.String("u32").U32(4).U32(4000000000u);
  b.String("i32").U32(5).Int<int32_t>(-2000000000);
  b.String("f32").U32(6).Int(1.5f);
  b.String("f32.nan").U32(6).U32(0x7f812345);  // signalling: a plain conversion to double would change a bit
  b.String("bool").U32(7).Int<uint8_t>(1);
  b.String("string").U32(8).String(std::string("any \xff bytes\0", 12));
  b.String("u64").U32(10).U64(~uint64_t{0});
  b.String("i64").U32(11).Int(std::numeric_limits<int64_t>::min());
  b.String("f64").U32(12).Int(0.1);
  b.String("a.u8").U32(9).U32(0).U64(3).Raw("\x01\x02\xff");
  b.String("a.i16").U32(9).U32(3).U64(2).Int<int16_t>(-1).Int<int16_t>(7);
  b.String("a.f32").U32(9).U32(6).U64(2).Int(0.25f).Int(-8.0f);
  b.String("a.f64").U32(9).U32(12).U64(1).Int(0.5);
  b.String("a.bool").U32(9).U32(7).U64(3).Raw(std::string("\x01\x00\x01", 3));
  b.String("a.string").U32(9).U32(8).U64(3).String("a").String("").String("\xe2\x82");
  b.String("a.u64").U32(9).U32(10).U64(1).U64(uint64_t{1} << 63);
  b.String("a.empty").U32(9).U32(6).U64(0);
  // [[1, 2], ["x"], [[]]]
  b.String("a.nested").U32(9).U32(9).U64(3);
  b.U32(4).U64(2).U32(1).U32(2);
  b.U32(8).U64(1).String("x");
  b.U32(9).U64(1).U32(0).U64(0);
  return b;
}
constexpr uint64_t kAllMetadataTypes = 22;

// A file with every tensor type of GGUF: rows of 512 values, [1, 2, 3, 512] down to [512], and a scalar.
Bytes FileWithEverything(uint32_t version) {
  struct Declared {
    std::string name;
    uint32_t type;
    std::vector<uint64_t> dims;
    uint64_t bytes;
  };
  std::vector<Declared> tensors;
  for (uint32_t type = 0; type < 1000; ++type) {
    const DTypeInfo* info = FindDType(type);
    if (info == nullptr) continue;
    std::vector<uint64_t> dims{512};
    uint64_t values = 512;
    for (uint64_t dim = 3; dim > 3 - type % 4; --dim) {
      dims.push_back(dim);
      values *= dim;
    }
    tensors.push_back({"tensor." + std::to_string(type), type, dims,
                       values / static_cast<uint64_t>(info->block_values) * static_cast<uint64_t>(info->block_bytes)});
  }
  tensors.push_back({"scalar", 0, {}, 4});

  Bytes file;
  file.Raw("GGUF").U32(version).U64(tensors.size()).U64(kAllMetadataTypes + 1);
  file.Raw(AllMetadataTypes().text()).String("general.alignment").U32(4).U32(64);
  uint64_t offset = 0;
  for (const Declared& tensor : tensors) {
    file.String(tensor.name).U32(static_cast<uint32_t>(tensor.dims.size()));
    for (const uint64_t dim : tensor.dims) file.U64(dim);
    file.U32(tensor.type).U64(offset);
    offset += (tensor.bytes + 63) / 64 * 64;
  }
  file.PadTo(64);
  for (const Declared& tensor : tensors) file.Raw(std::string(tensor.bytes, static_cast<char>(tensor.type))).PadTo(64);
  return file;
}

TEST(Gguf, EveryTypeIsReadAndWrittenBack) {
  TemporaryFolder folder;
  for (const uint32_t version : {2u, 3u}) {
    WriteText(folder / "all.gguf", FileWithEverything(version).text());
    const auto file = GgufFile::Open(folder / "all.gguf");
    EXPECT_EQ(file->version(), version);
    EXPECT_EQ(file->alignment(), 64u);
    EXPECT_EQ(file->metadata().entries().size(), kAllMetadataTypes + 1);
    EXPECT_EQ(file->tensors().size(), 36u);  // 35 types and the scalar
    for (const GgufTensorInfo& info : file->tensors()) {
      const Tensor tensor = file->Load(info);
      if (info.name == "scalar") {
        EXPECT_EQ(tensor.shape, Shape{});
        continue;
      }
      const auto type = static_cast<uint32_t>(info.dtype);
      EXPECT_EQ(info.shape.size(), 1 + type % 4);
      EXPECT_EQ(info.shape.back(), 512);
      EXPECT_EQ(static_cast<int64_t>(tensor.bytes.size()), tensor.rows() * tensor.row_bytes()) << info.name;
      EXPECT_EQ(static_cast<char>(tensor.bytes.front()), static_cast<char>(type));
      EXPECT_EQ(static_cast<char>(tensor.bytes.back()), static_cast<char>(type));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes.data()) % 64, 0u);
    }
    // A version 2 file has the same layout and is written as version 3.
    EXPECT_TRUE(Rewrite(*file, folder / "again.gguf") == FileWithEverything(3).text());
  }
}

TEST(Gguf, TensorKeepsTheMappingAlive) {
  TemporaryFolder folder;
  WriteText(folder / "all.gguf", FileWithEverything(3).text());
  auto file = GgufFile::Open(folder / "all.gguf");
  const Tensor tensor = file->Load(*file->Find("tensor.30"));
  file.reset();
  EXPECT_EQ(static_cast<int>(tensor.bytes[100]), 30);
}

TEST(GgufMetadata, TypedLookUps) {
  const Bytes file = FileWithEverything(3);
  const GgufMetadata m = ParseGguf(file.span(), "model.gguf").metadata;
  EXPECT_EQ(m.GetUint("u8"), 200u);
  EXPECT_EQ(m.GetUint("u16"), 60000u);
  EXPECT_EQ(m.GetUint("u32"), 4000000000u);
  EXPECT_EQ(m.GetUint("u64"), ~uint64_t{0});
  EXPECT_EQ(m.GetUint("absent", 7), 7u);
  EXPECT_EQ(m.GetFloat("f32"), 1.5);
  EXPECT_EQ(m.GetFloat("f64"), 0.1);
  EXPECT_TRUE(std::isnan(m.GetFloat("f32.nan")));
  EXPECT_TRUE(m.GetBool("bool", false));
  EXPECT_TRUE(m.GetBool("absent", true));
  EXPECT_EQ(m.GetString("string"), std::string("any \xff bytes\0", 12));
  EXPECT_EQ(m.GetString("absent", "x"), "x");
  EXPECT_THAT(m.GetInts("a.u8"), ElementsAre(1, 2, 255));
  EXPECT_THAT(m.GetInts("a.i16"), ElementsAre(-1, 7));
  EXPECT_THAT(m.GetInts("a.bool"), ElementsAre(1, 0, 1));
  EXPECT_THAT(m.GetFloats("a.f32"), ElementsAre(0.25f, -8.0f));
  EXPECT_THAT(m.GetFloats("a.f64"), ElementsAre(0.5f));
  EXPECT_THAT(m.GetStrings("a.string"), ElementsAre("a", "", "\xe2\x82"));
  EXPECT_THAT(m.GetFloats("a.empty"), ElementsAre());
  EXPECT_THAT(m.GetStrings("absent"), ElementsAre());

  const auto names = [](const std::string& key) { return AllOf(HasSubstr("model.gguf"), HasSubstr("'" + key + "'")); };
  EXPECT_BANTAM_ERROR(m.GetUint("absent"), ErrorCode::kFormat, names("absent"));
  EXPECT_BANTAM_ERROR(m.GetUint("i8"), ErrorCode::kFormat, AllOf(names("i8"), HasSubstr("-100")));
  EXPECT_BANTAM_ERROR(m.GetUint("f32"), ErrorCode::kFormat, AllOf(names("f32"), HasSubstr("an integer")));
  EXPECT_BANTAM_ERROR(m.GetUint("bool", 1), ErrorCode::kFormat, names("bool"));
  EXPECT_BANTAM_ERROR(m.GetFloat("u32"), ErrorCode::kFormat, names("u32"));
  EXPECT_BANTAM_ERROR(m.GetFloat("string", 1.0), ErrorCode::kFormat, names("string"));
  EXPECT_BANTAM_ERROR(m.GetBool("u8", true), ErrorCode::kFormat, names("u8"));
  EXPECT_BANTAM_ERROR(m.GetString("u8"), ErrorCode::kFormat, names("u8"));
  EXPECT_BANTAM_ERROR(m.GetStrings("string"), ErrorCode::kFormat, names("string"));
  EXPECT_BANTAM_ERROR(m.GetStrings("a.u8"), ErrorCode::kFormat, AllOf(names("a.u8"), HasSubstr("arr[u8]")));
  EXPECT_BANTAM_ERROR(m.GetInts("a.f32"), ErrorCode::kFormat, names("a.f32"));
  EXPECT_BANTAM_ERROR(m.GetInts("a.nested"), ErrorCode::kFormat, names("a.nested"));
  EXPECT_BANTAM_ERROR(m.GetInts("a.u64"), ErrorCode::kFormat, AllOf(names("a.u64"), HasSubstr("too large")));
  EXPECT_BANTAM_ERROR(m.GetFloats("a.i16"), ErrorCode::kFormat, names("a.i16"));
}

TEST(GgufMetadata, SetReplacesInPlaceAndEraseKeepsTheOrder) {
  GgufMetadata m;
  for (const char* key : {"a", "b", "c", "d"}) m.Set(key, GgufValue::U32(1));
  m.Set("c", GgufValue::String("new"));
  m.Erase("b");
  m.Erase("absent");
  m.Set("b", GgufValue::Bool(true));
  std::vector<std::string> keys;
  for (const auto& [key, value] : m.entries()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("a", "c", "d", "b"));
  EXPECT_EQ(m.GetString("c"), "new");
  EXPECT_EQ(m.GetUint("d"), 1u);
  EXPECT_TRUE(m.GetBool("b", false));
}

TEST(GgufMetadata, FactoriesGiveTheTypesTheyName) {
  GgufMetadata m;
  m.Set("u32", GgufValue::U32(5));
  m.Set("f32", GgufValue::F32(0.1f));
  m.Set("bool", GgufValue::Bool(true));
  m.Set("string", GgufValue::String("s"));
  m.Set("strings", GgufValue::Strings({"x", "yz"}));
  m.Set("i32s", GgufValue::I32s({-1, 2}));
  m.Set("f32s", GgufValue::F32s({0.5f}));
  m.Set("bools", GgufValue::Bools({true, false}));
  Bytes expected;
  expected.String("u32").U32(4).U32(5).String("f32").U32(6).Int(0.1f).String("bool").U32(7).Int<uint8_t>(1);
  expected.String("string").U32(8).String("s").String("strings").U32(9).U32(8).U64(2).String("x").String("yz");
  expected.String("i32s").U32(9).U32(5).U64(2).Int<int32_t>(-1).Int<int32_t>(2);
  expected.String("f32s").U32(9).U32(6).U64(1).Int(0.5f);
  expected.String("bools").U32(9).U32(7).U64(2).Int<uint8_t>(1).Int<uint8_t>(0);
  EXPECT_EQ(EncodeGgufMetadata(m), expected.text());
}

// Random files: whatever can be built is read back with the same values, and the file written from that has the same
// bytes.
class RandomFile {
 public:
  explicit RandomFile(uint64_t seed) : rng_(seed) {}

  GgufMetadata Metadata() {
    GgufMetadata metadata("random");
    for (uint64_t i = rng_.NextBelow(12); i-- > 0;) metadata.Set(Name("key."), Value(0));
    if (rng_.NextBelow(2) == 0) metadata.Set("general.alignment", GgufValue::U32(8u << rng_.NextBelow(8)));
    return metadata;
  }

  struct Stored {
    std::string name;
    DType dtype;
    Shape shape;
    std::vector<std::byte> bytes;
  };
  std::vector<Stored> Tensors() {
    std::vector<Stored> tensors;
    for (uint64_t i = rng_.NextBelow(8); i-- > 0;) {
      const DTypeInfo* type = nullptr;
      while (type == nullptr) type = FindDType(static_cast<uint32_t>(rng_.NextBelow(43)));
      Shape shape;
      for (uint64_t dims = rng_.NextBelow(4); dims-- > 0;) shape.push_back(1 + static_cast<int64_t>(rng_.NextBelow(4)));
      shape.push_back(type->block_values * (1 + static_cast<int64_t>(rng_.NextBelow(3))));
      std::vector<std::byte> bytes(static_cast<size_t>(ElementCount(shape) / type->block_values * type->block_bytes));
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng_.NextU32());
      tensors.push_back({Name("tensor.") + std::to_string(i), type->dtype, shape, std::move(bytes)});
    }
    return tensors;
  }

 private:
  std::string Name(std::string prefix) {
    static constexpr const char* kPieces[] = {"a", "blk.", "_", "\xc3\xa9", "\xf0\x9f\x90\x94", "9"};
    for (uint64_t i = rng_.NextBelow(6); i-- > 0;) prefix += kPieces[rng_.NextBelow(6)];
    return prefix;
  }

  std::string AnyBytes() {
    std::string text;
    for (uint64_t i = rng_.NextBelow(20); i-- > 0;) text.push_back(static_cast<char>(rng_.NextU32()));
    return text;
  }

  GgufValue Value(int depth) {
    const auto type = static_cast<GgufType>(rng_.NextBelow(13));
    if (type == GgufType::kString) return GgufValue::String(AnyBytes());
    if (type == GgufType::kArray) return {type, Array(depth + 1)};
    return VisitGgufNumber(type, [&](auto zero) -> GgufValue {
      using T = decltype(zero);
      if constexpr (std::is_same_v<T, bool>) {
        return {type, rng_.NextBelow(2) == 1};
      } else {
        const uint64_t bits = rng_.NextU64();
        T number;
        std::memcpy(&number, &bits, sizeof(number));
        if constexpr (std::is_same_v<T, float>)
          return {type, WidenFloat(number)};
        else if constexpr (std::is_same_v<T, double>)
          return {type, number};
        else if constexpr (std::is_signed_v<T>)
          return {type, int64_t{number}};
        else
          return {type, uint64_t{number}};
      }
    });
  }

  GgufArray Array(int depth) {
    GgufArray array;
    do {
      array.element = static_cast<GgufType>(rng_.NextBelow(13));
    } while (array.element == GgufType::kArray && depth == kGgufMaximalArrayDepth);
    array.count = rng_.NextBelow(5);
    for (uint64_t i = 0; i < array.count; ++i) {
      if (array.element == GgufType::kString) {
        array.strings.push_back(AnyBytes());
      } else if (array.element == GgufType::kArray) {
        array.arrays.push_back({GgufType::kArray, Array(depth + 1)});
      } else {
        for (uint64_t j = GgufNumberBytes(array.element); j-- > 0;) {
          const uint32_t byte = rng_.NextU32();
          array.numbers.push_back(static_cast<std::byte>(array.element == GgufType::kBool ? byte & 1 : byte));
        }
      }
    }
    return array;
  }

  Rng rng_;
};

TEST(Gguf, RandomFilesComeBackWhole) {
  TemporaryFolder folder;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    RandomFile random(seed);
    const GgufMetadata metadata = random.Metadata();
    const auto tensors = random.Tensors();
    GgufWriter writer(folder / "first.gguf", metadata);
    for (const auto& tensor : tensors) writer.Declare(tensor.name, tensor.dtype, tensor.shape);
    writer.Begin();
    for (const auto& tensor : tensors) {  // in two pieces, cut anywhere
      const std::span<const std::byte> bytes(tensor.bytes);
      const size_t cut = (seed * 7919) % (bytes.size() + 1);
      writer.Append(bytes.first(cut));
      writer.Append(bytes.subspan(cut));
    }
    writer.Commit();

    const auto file = GgufFile::Open(folder / "first.gguf");
    EXPECT_EQ(EncodeGgufMetadata(file->metadata()), EncodeGgufMetadata(metadata)) << "seed " << seed;
    ASSERT_EQ(file->tensors().size(), tensors.size()) << "seed " << seed;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const GgufTensorInfo& info = file->tensors()[i];
      EXPECT_EQ(info.name, tensors[i].name);
      EXPECT_EQ(info.dtype, tensors[i].dtype);
      EXPECT_EQ(info.shape, tensors[i].shape);
      const Tensor loaded = file->Load(info);
      EXPECT_TRUE(
          std::equal(loaded.bytes.begin(), loaded.bytes.end(), tensors[i].bytes.begin(), tensors[i].bytes.end()));
    }
    EXPECT_TRUE(Rewrite(*file, folder / "second.gguf") == ReadText(folder / "first.gguf")) << "seed " << seed;
  }
}

TEST(GgufWriter, RefusesWhatGgufOrLlamaCppCannotHold) {
  TemporaryFolder folder;
  const std::filesystem::path path = folder / "out.gguf";
  const auto declare = [&](std::string name, DType dtype, Shape shape) {
    GgufWriter(path, GgufMetadata()).Declare(std::move(name), dtype, std::move(shape));
  };
  const auto names = [&](const char* text) { return AllOf(HasSubstr("out.gguf"), HasSubstr(text)); };
  declare(std::string(63, 'n'), DType::kF32, {1, 1, 1, 1});
  EXPECT_BANTAM_ERROR(declare(std::string(64, 'n'), DType::kF32, {1}), ErrorCode::kUnsupported, names("1 to 63 bytes"));
  EXPECT_BANTAM_ERROR(declare("", DType::kF32, {1}), ErrorCode::kUnsupported, names("1 to 63 bytes"));
  EXPECT_BANTAM_ERROR(declare("\xff", DType::kF32, {1}), ErrorCode::kUnsupported, names("UTF-8"));
  EXPECT_BANTAM_ERROR(declare("t", DType::kU8, {1}), ErrorCode::kUnsupported, names("no type U8"));
  EXPECT_BANTAM_ERROR(declare("t", DType::kF32, {1, 1, 1, 1, 1}), ErrorCode::kUnsupported, names("[1, 1, 1, 1, 1]"));
  EXPECT_BANTAM_ERROR(declare("t", DType::kF32, {2, 0}), ErrorCode::kUnsupported, names("[2, 0]"));
  EXPECT_BANTAM_ERROR(declare("t", DType::kF32, {-2, -2}), ErrorCode::kUnsupported, names("[-2, -2]"));
  EXPECT_BANTAM_ERROR(declare("t", DType::kQ4_K, {4, 576}), ErrorCode::kUnsupported, names("576 values"));
  EXPECT_BANTAM_ERROR(declare("t", DType::kF32, {int64_t{1} << 40, int64_t{1} << 40}), ErrorCode::kUnsupported,
                      names("too large"));

  GgufMetadata crooked;
  crooked.Set("k", {GgufType::kU8, uint64_t{256}});
  EXPECT_BANTAM_ERROR(GgufWriter(path, crooked), ErrorCode::kInternal, HasSubstr("'k'"));
  crooked.Set("k", {GgufType::kString, uint64_t{1}});
  EXPECT_BANTAM_ERROR(GgufWriter(path, crooked), ErrorCode::kInternal, HasSubstr("'k'"));
  GgufMetadata alignment;
  alignment.Set("general.alignment", GgufValue::U32(48));
  EXPECT_BANTAM_ERROR(GgufWriter(path, alignment), ErrorCode::kFormat, HasSubstr("48"));
  EXPECT_TRUE(testing::IsEmptyFolder(folder.path()));
}

TEST(GgufWriter, CallsOutOfOrderLeaveNoFile) {
  TemporaryFolder folder;
  const std::filesystem::path path = folder / "out.gguf";
  const std::vector<std::byte> four(4), eight(8);
  {
    GgufWriter writer(path, GgufMetadata());
    writer.Declare("a", DType::kF32, {1});
    writer.Declare("b", DType::kF32, {2});
    EXPECT_BANTAM_ERROR(writer.Declare("a", DType::kF32, {1}), ErrorCode::kInternal, HasSubstr("twice"));
    EXPECT_BANTAM_ERROR(writer.WriteTensor("a", four), ErrorCode::kInternal, HasSubstr("before Begin()"));
    EXPECT_BANTAM_ERROR(writer.Commit(), ErrorCode::kInternal, HasSubstr("before Begin()"));
    writer.Begin();
    EXPECT_BANTAM_ERROR(writer.Begin(), ErrorCode::kInternal, HasSubstr("twice"));
    EXPECT_BANTAM_ERROR(writer.Declare("c", DType::kF32, {1}), ErrorCode::kInternal, HasSubstr("after Begin()"));
    EXPECT_BANTAM_ERROR(writer.WriteTensor("b", eight), ErrorCode::kInternal, HasSubstr("order"));
    EXPECT_BANTAM_ERROR(writer.WriteTensor("a", eight), ErrorCode::kInternal, HasSubstr("4 were declared"));
    EXPECT_BANTAM_ERROR(writer.Append(eight), ErrorCode::kInternal, HasSubstr("'a'"));
    writer.WriteTensor("a", four);
    EXPECT_BANTAM_ERROR(writer.Commit(), ErrorCode::kInternal, HasSubstr("'b'"));
    writer.WriteTensor("b", eight);
    EXPECT_BANTAM_ERROR(writer.Append(four), ErrorCode::kInternal, HasSubstr("more bytes"));
  }
  EXPECT_TRUE(testing::IsEmptyFolder(folder.path()));
}

TEST(GgufWriter, FullDiskLeavesNothingAndKeepsTheOldFile) {
  TemporaryFolder folder;
  const std::filesystem::path path = folder / "out.gguf";
  const std::vector<std::byte> data(4 << 20);
  const auto write = [&] {
    GgufWriter writer(path, GgufMetadata());
    writer.Declare("t", DType::kF32, {1 << 20});
    const testing::FullDisk full(3 << 20);
    writer.Begin();
    writer.WriteTensor("t", data);
    writer.Commit();
  };
  EXPECT_BANTAM_ERROR(write(), ErrorCode::kIo, HasSubstr("out.gguf"));
  EXPECT_TRUE(testing::IsEmptyFolder(folder.path()));
  WriteText(path, "old");
  EXPECT_BANTAM_ERROR(write(), ErrorCode::kIo, HasSubstr("out.gguf"));
  EXPECT_EQ(ReadText(path), "old");
  EXPECT_BANTAM_ERROR(GgufWriter(folder / "absent/out.gguf", GgufMetadata()).Begin(), ErrorCode::kIo,
                      HasSubstr("absent/out.gguf"));
}

}  // namespace
}  // namespace bantam
