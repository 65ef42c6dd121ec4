#include "formats/safetensors.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/rng.h"
#include "formats/safetensors_header.h"
#include "formats/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::ReadText;
using testing::TemporaryFolder;
using testing::WriteText;

Bytes File(std::string_view header, size_t data_bytes) {
  return Bytes().U64(header.size()).Raw(header).Zeros(data_bytes);
}

Tensor RandomTensor(DType dtype, Shape shape, uint64_t seed) {
  std::byte* data = nullptr;
  Tensor tensor = Tensor::Allocate(dtype, std::move(shape), &data);
  Rng rng(seed);
  for (size_t i = 0; i < tensor.bytes.size(); ++i) data[i] = static_cast<std::byte>(rng.NextU32());
  return tensor;
}

std::vector<std::string> Names(const TensorSource& source) {
  std::vector<std::string> names;
  for (const TensorEntry& entry : source.entries()) names.push_back(entry.name);
  return names;
}

TEST(Safetensors, ReadsAFileLaidOutByHand) {
  TemporaryFolder folder;
  const std::string header =
      R"({"b":{"data_offsets":[4,12],"dtype":"I16","shape":[2,2]},"__metadata__":{"format":"pt","n":"1"},)"
      R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"empty":{"dtype":"U8","shape":[3,0],"data_offsets":[4,4]}}   )";
  WriteText(folder / "m.safetensors",
            Bytes().U64(header.size()).Raw(header).Int(1.5f).Int<int16_t>(-1).Int<int16_t>(2).U32(0).text());
  const auto source = SafetensorsSource::OpenFile(folder / "m.safetensors");
  EXPECT_THAT(Names(*source), ElementsAre("a", "empty", "b"));  // in the order of the data
  EXPECT_THAT(source->metadata(), ElementsAre(Pair("format", "pt"), Pair("n", "1")));
  const Tensor a = source->Load("a"), b = source->Load("b");
  EXPECT_EQ(a.shape, Shape{});
  EXPECT_EQ(*reinterpret_cast<const float*>(a.bytes.data()), 1.5f);
  EXPECT_EQ(b.shape, (Shape{2, 2}));
  EXPECT_EQ(b.dtype, DType::kI16);
  EXPECT_EQ(*reinterpret_cast<const int16_t*>(b.bytes.data()), -1);
  EXPECT_TRUE(source->Load("empty").bytes.empty());
  EXPECT_EQ(source->Find("c"), nullptr);
  EXPECT_BANTAM_ERROR(source->Load("c"), ErrorCode::kFormat, AllOf(HasSubstr("m.safetensors"), HasSubstr("'c'")));
}

// The header has an odd length and a byte stands before the float: nothing is where its type wants it.
TEST(Safetensors, MisalignedTensorsAreCopied) {
  TemporaryFolder folder;
  const std::string header = R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("y":{"dtype":"F64","shape":[2],"data_offsets":[1,17]}})";
  WriteText(folder / "m.safetensors", Bytes().U64(header.size()).Raw(header).Raw("!").Int(0.1).Int(-2.5).text());
  const Tensor y = SafetensorsSource::OpenFile(folder / "m.safetensors")->Load("y");
  ASSERT_EQ(reinterpret_cast<uintptr_t>(y.bytes.data()) % 8, 0u);
  EXPECT_EQ(reinterpret_cast<const double*>(y.bytes.data())[0], 0.1);
  EXPECT_EQ(reinterpret_cast<const double*>(y.bytes.data())[1], -2.5);
}

TEST(Safetensors, WriteAndReadEveryType) {
  TemporaryFolder folder;
  std::vector<SafetensorsEntry> tensors;
  for (const char* name : {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64", "I32", "I16", "I8", "U64", "U32",
                           "U16", "U8", "BOOL"}) {
    tensors.push_back(
        {fmt::format("\"{}\"\\\xc3\xa9", name), RandomTensor(*DTypeFromName(name), {3, 1, 5}, tensors.size())});
  }
  tensors.push_back({"scalar", RandomTensor(DType::kF16, {}, 99)});
  tensors.push_back({"nothing", RandomTensor(DType::kF32, {0, 4}, 99)});
  WriteSafetensors(folder / "m.safetensors", tensors, {{"step", "\"7\""}});
  const auto source = SafetensorsSource::OpenFile(folder / "m.safetensors");
  EXPECT_EQ(source->entries().size(), tensors.size());
  EXPECT_THAT(source->metadata(), ElementsAre(Pair("step", "\"7\"")));
  for (const SafetensorsEntry& entry : tensors) {
    const Tensor read = source->Load(entry.name);
    EXPECT_EQ(read.dtype, entry.tensor.dtype) << entry.name;
    EXPECT_EQ(read.shape, entry.tensor.shape) << entry.name;
    EXPECT_TRUE(std::equal(read.bytes.begin(), read.bytes.end(), entry.tensor.bytes.begin(), entry.tensor.bytes.end()));
    EXPECT_EQ(source->Load(entry.name).bytes.data(), read.bytes.data());  // no copy: the writer aligns every tensor
  }
  WriteSafetensors(folder / "none.safetensors", {});
  EXPECT_TRUE(SafetensorsSource::OpenFile(folder / "none.safetensors")->entries().empty());
}

TEST(Safetensors, WriterRefuses) {
  TemporaryFolder folder;
  const auto path = folder / "m.safetensors";
  const Tensor good = RandomTensor(DType::kF32, {4}, 0);
  Tensor short_of_bytes = good;
  short_of_bytes.bytes = good.bytes.first(12);
  const auto names = [](const char* text) { return AllOf(HasSubstr("m.safetensors"), HasSubstr(text)); };
  EXPECT_BANTAM_ERROR(WriteSafetensors(path, {{"q", RandomTensor(DType::kQ8_0, {32}, 0)}}), ErrorCode::kUnsupported,
                      names("no type Q8_0"));
  EXPECT_BANTAM_ERROR(WriteSafetensors(path, {{"__metadata__", good}}), ErrorCode::kUnsupported, names("name"));
  EXPECT_BANTAM_ERROR(WriteSafetensors(path, {{"\xff", good}}), ErrorCode::kUnsupported, names("name"));
  EXPECT_BANTAM_ERROR(WriteSafetensors(path, {{"a\nb", good}}), ErrorCode::kUnsupported, names("name"));
  EXPECT_BANTAM_ERROR(WriteSafetensors(path, {{"t", good}, {"t", good}}), ErrorCode::kInternal, names("twice"));
  EXPECT_BANTAM_ERROR(WriteSafetensors(path, {{"t", short_of_bytes}}), ErrorCode::kInternal, names("12 were given"));
  const auto fill_disk = [&] {
    const testing::FullDisk full(1 << 20);
    WriteSafetensors(path, {{"t", RandomTensor(DType::kF32, {1 << 19}, 0)}});
  };
  EXPECT_BANTAM_ERROR(fill_disk(), ErrorCode::kIo, names("cannot write"));
  EXPECT_TRUE(testing::IsEmptyFolder(folder.path()));
}

struct BadFile {
  std::string what;
  Bytes file;
  std::vector<std::string> words;
  ErrorCode code = ErrorCode::kFormat;
};

// A header with one tensor whose description is `fields`.
Bytes OneTensor(const std::string& fields, size_t data_bytes) { return File("{\"t\":{" + fields + "}}", data_bytes); }

std::vector<BadFile> BadHeaders() {
  const std::string tensor = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  return {
      {"empty", Bytes(), {"byte 0", "header length"}},
      {"seven bytes", Bytes().Zeros(7), {"byte 0"}},
      {"header longer than the file", Bytes().U64(3).Raw("{}"), {"byte 0", "length 3"}},
      {"header of 2^64 - 1", Bytes().U64(~uint64_t{0}).Raw("{}"), {"byte 0", "impossible"}},
      {"header over the limit", Bytes().U64(100'000'001).Raw("{}"), {"100000001", "limit"}},
      {"Git LFS pointer", Bytes().Raw("version https://git-lfs.github.com/spec/v1\n"), {"git lfs pull"}},
      {"no header", Bytes().U64(0), {"byte 8", "'{'"}},
      {"an array", File("[]", 0), {"byte 8"}},
      {"a space first", File(" {}", 0), {"byte 8"}},
      {"not JSON", File("{\"t\":}", 0), {"header", "invalid JSON"}},
      {"JSON cut off", File("{\"t\":{\"dtype\":", 0), {"invalid JSON"}},
      {"text after the JSON", File("{}{}", 0), {"invalid JSON"}},
      {"zero byte after the JSON", File(std::string_view("{}\0hidden", 9), 0), {"zero byte at offset 2"}},
      {"not UTF-8", File("{\"\xff\":1}", 0), {"invalid JSON"}},
      {"tensor is a number", File("{\"t\":1}", 0), {"'t'", "number"}},
      {"tensor is a list", File("{\"t\":[]}", 0), {"'t'", "array"}},
      {"tensor is null", File("{\"t\":null}", 0), {"'t'", "null"}},
      {"objects too deep", OneTensor(R"("dtype":{})", 0), {"'t'", "object"}},
      {"duplicate tensor", File("{\"t\":" + tensor + ",\"t\":" + tensor + "}", 8), {"'t'", "twice"}},
      {"zero byte in a name", File("{\"t\\u0000\":" + tensor + "}", 8), {"header", "control characters"}},
      {"metadata twice", File(R"({"__metadata__":{},"__metadata__":{}})", 0), {"__metadata__", "twice"}},
      {"metadata key twice", File(R"({"__metadata__":{"a":"1","a":"2"}})", 0), {"__metadata__", "'a'", "twice"}},
      {"metadata is a string", File(R"({"__metadata__":"x"})", 0), {"__metadata__", "string"}},
      {"metadata of numbers", File(R"({"__metadata__":{"a":1}})", 0), {"__metadata__", "number"}},
  };
}

std::vector<BadFile> BadTensors() {
  const std::string dtype = R"("dtype":"F32",)", shape = R"("shape":[2],)", offsets = R"("data_offsets":[0,8])";
  const auto two = [](const char* second) {
    return File(fmt::format(R"({{"t":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}},)"
                            R"("u":{{"dtype":"F32","shape":[2],"data_offsets":{}}}}})",
                            second),
                16);
  };
  return {
      {"unknown type", OneTensor(R"("dtype":"F4",)" + shape + offsets, 8), {"'t'", "\"F4\""}, ErrorCode::kUnsupported},
      {"a GGUF type", OneTensor(R"("dtype":"Q8_0",)" + shape + offsets, 8), {"'t'", "Q8_0"}, ErrorCode::kUnsupported},
      {"type is a number", OneTensor(R"("dtype":1,)" + shape + offsets, 8), {"'t'", "number"}},
      {"no type", OneTensor(shape + offsets, 8), {"'t'", "\"dtype\" is missing"}},
      {"no shape", OneTensor(dtype + offsets, 8), {"'t'", "\"shape\" is missing"}},
      {"no offsets", OneTensor(dtype + R"("shape":[2])", 8), {"'t'", "\"data_offsets\" is missing"}},
      {"type twice", OneTensor(dtype + dtype + shape + offsets, 8), {"'t'", "\"dtype\"", "twice"}},
      {"shape twice", OneTensor(dtype + shape + shape + offsets, 8), {"'t'", "\"shape\""}},
      {"offsets twice", OneTensor(dtype + shape + offsets + "," + offsets, 8), {"'t'", "\"data_offsets\""}},
      {"unknown field", OneTensor(dtype + shape + R"("stride":[1],)" + offsets, 8), {"'t'", "\"stride\""}},
      {"negative dimension", OneTensor(dtype + R"("shape":[-2],)" + offsets, 8), {"'t'", "negative"}},
      {"fractional dimension", OneTensor(dtype + R"("shape":[2.0],)" + offsets, 8), {"'t'", "2.0"}},
      {"dimension of 2^63", OneTensor(dtype + R"("shape":[9223372036854775808],)" + offsets, 8), {"'t'", "dimension"}},
      {"dimension of 2^64", OneTensor(dtype + R"("shape":[18446744073709551616],)" + offsets, 8), {"'t'", "number"}},
      {"list in the shape", OneTensor(dtype + R"("shape":[[2]],)" + offsets, 8), {"'t'", "array"}},
      {"elements overflow", OneTensor(dtype + R"("shape":[4294967296,4294967296],)" + offsets, 8), {"'t'", "larger"}},
      {"bytes overflow", OneTensor(dtype + R"("shape":[4611686018427387904],)" + offsets, 8), {"'t'", "larger"}},
      {"one offset", OneTensor(dtype + shape + R"("data_offsets":[0])", 8), {"'t'", "two numbers"}},
      {"three offsets", OneTensor(dtype + shape + R"("data_offsets":[0,8,9])", 8), {"'t'", "two numbers"}},
      {"no offset", OneTensor(dtype + shape + R"("data_offsets":[])", 8), {"'t'", "two numbers"}},
      {"offsets reversed", OneTensor(dtype + shape + R"("data_offsets":[8,0])", 8), {"'t'", "8 to 0"}},
      {"offsets too close", OneTensor(dtype + shape + R"("data_offsets":[0,4])", 4), {"'t'", "8 bytes"}},
      {"offset of 2^64 - 1",
       OneTensor(dtype + shape + R"("data_offsets":[18446744073709551607,18446744073709551615])", 8),
       {"'t'", "hole"}},
      {"hole at the start", OneTensor(dtype + shape + R"("data_offsets":[8,16])", 16), {"'t'", "hole"}},
      {"hole between", two("[16,24]"), {"'u'", "hole"}},
      {"overlap", two("[4,12]"), {"'u'", "overlapping"}},
      {"same place", two("[0,8]"), {"'u'", "overlapping"}},
      {"truncated data", OneTensor(dtype + shape + offsets, 7), {"7 bytes", "need 8", "truncated"}},
      {"data after the last tensor", OneTensor(dtype + shape + offsets, 9), {"9 bytes", "need 8"}},
  };
}

void ExpectErrors(const std::vector<BadFile>& files) {
  TemporaryFolder folder;
  for (const BadFile& bad : files) {
    SCOPED_TRACE(bad.what);
    WriteText(folder / "bad.safetensors", bad.file.text());
    for (const std::string& word : bad.words) {
      EXPECT_BANTAM_ERROR(SafetensorsSource::OpenFile(folder / "bad.safetensors"), bad.code,
                          AllOf(HasSubstr("bad.safetensors"), HasSubstr(word)));
    }
  }
}

TEST(SafetensorsBadInput, Headers) { ExpectErrors(BadHeaders()); }
TEST(SafetensorsBadInput, Tensors) { ExpectErrors(BadTensors()); }

TEST(SafetensorsBadInput, EveryTruncationIsAnError) {
  const Bytes file = File(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  EXPECT_EQ(ParseSafetensors(file.span(), "whole").tensors.size(), 1u);
  for (size_t size = 0; size < file.text().size(); ++size) {
    EXPECT_BANTAM_ERROR(ParseSafetensors(file.span().first(size), "cut.safetensors"), ErrorCode::kFormat,
                        HasSubstr("cut.safetensors"));
  }
}

// Two shards with one tensor each; the index can be spoilt by a test.
class Sharded : public ::testing::Test {
 protected:
  Sharded() {
    WriteSafetensors(folder_ / "m-1.safetensors", {{"b", RandomTensor(DType::kF32, {2}, 1)}}, {{"format", "pt"}});
    WriteSafetensors(folder_ / "m-2.safetensors", {{"a", RandomTensor(DType::kBF16, {4, 2}, 2)}});
  }

  std::shared_ptr<const SafetensorsSource> Open(std::string_view index) {
    WriteText(folder_ / "index.json", index);
    return SafetensorsSource::OpenIndex(folder_ / "index.json");
  }

  TemporaryFolder folder_;
};

TEST_F(Sharded, ReadsAllShards) {
  const auto source = Open(R"({"metadata":{"total_size":24,"x":[{"weight_map":null}]},"note":"weight_map",)"
                           R"("weight_map":{"a":"m-2.safetensors","b":"m-1.safetensors"}})");
  EXPECT_THAT(Names(*source), ElementsAre("b", "a"));
  EXPECT_EQ(source->Load("a").shape, (Shape{4, 2}));
  const Tensor expected = RandomTensor(DType::kF32, {2}, 1);
  EXPECT_EQ(std::memcmp(source->Load("b").bytes.data(), expected.bytes.data(), 8), 0);
  EXPECT_THAT(source->metadata(), ElementsAre(Pair("format", "pt")));
}

TEST_F(Sharded, BadIndexes) {
  struct Case {
    const char* what;
    const char* index;
    ErrorCode code;
    std::vector<std::string> words;
  };
  const auto format = ErrorCode::kFormat;
  const std::vector<Case> cases = {
      {"empty", "", format, {"index.json", "invalid JSON"}},
      {"a list", "[]", format, {"index.json", "object"}},
      {"a number", "7", format, {"index.json", "object"}},
      {"no map", R"({"metadata":{"weight_map":{"a":"m-2.safetensors"}}})", format, {"weight_map", "missing"}},
      {"map is a list", R"({"weight_map":["m-1.safetensors"]})", format, {"weight_map", "missing"}},
      {"map twice", R"({"weight_map":{},"weight_map":{}})", format, {"weight_map", "twice"}},
      {"tensor twice", R"({"weight_map":{"a":"m-1.safetensors","a":"m-2.safetensors"}})", format, {"'a'", "twice"}},
      {"shard is a number", R"({"weight_map":{"a":1}})", format, {"'a'", "number"}},
      {"shard is an object", R"({"weight_map":{"a":{}}})", format, {"'a'", "object"}},
      {"shard is a list", R"({"weight_map":{"a":[]}})", format, {"'a'", "array"}},
      {"shard without name", R"({"weight_map":{"a":""}})", format, {"'a'", "beside the index"}},
      {"path upwards", R"({"weight_map":{"a":"../m-2.safetensors"}})", format, {"'a'", "'../m-2.safetensors'"}},
      {"two dots", R"({"weight_map":{"a":".."}})", format, {"'a'", "'..'"}},
      {"absolute path", R"({"weight_map":{"a":"/etc/passwd"}})", format, {"'a'", "'/etc/passwd'"}},
      {"backslash", R"({"weight_map":{"a":"..\\m-2.safetensors"}})", format, {"'a'", "beside the index"}},
      {"zero byte in a name",
       R"({"weight_map":{"a":"m-2.safetensors\u0000x"}})",
       format,
       {"'a'", "control characters"}},
      {"zero byte in a tensor", R"({"weight_map":{"a\u0000":"m-2.safetensors"}})", format, {"index.json", "control"}},
      {"missing shard", R"({"weight_map":{"a":"m-3.safetensors"}})", ErrorCode::kIo, {"m-3.safetensors", "missing"}},
      {"absent tensor",
       R"({"weight_map":{"a":"m-2.safetensors","c":"m-2.safetensors"}})",
       format,
       {"'c'", "m-2.safetensors", "index.json"}},
      {"wrong shard",
       R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})",
       format,
       {"'a'", "m-1.safetensors"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    for (const std::string& word : c.words) EXPECT_BANTAM_ERROR(Open(c.index), c.code, HasSubstr(word));
  }
}

TEST_F(Sharded, TensorInTwoShards) {
  WriteSafetensors(folder_ / "m-3.safetensors",
                   {{"b", RandomTensor(DType::kF32, {2}, 3)}, {"c", RandomTensor(DType::kF32, {2}, 3)}});
  EXPECT_BANTAM_ERROR(Open(R"({"weight_map":{"b":"m-1.safetensors","c":"m-3.safetensors"}})"), ErrorCode::kFormat,
                      AllOf(HasSubstr("'b'"), HasSubstr("m-1.safetensors"), HasSubstr("m-3.safetensors")));
}

TEST_F(Sharded, DamagedShardIsNamed) {
  std::filesystem::resize_file(folder_ / "m-2.safetensors", 20);
  EXPECT_BANTAM_ERROR(Open(R"({"weight_map":{"a":"m-2.safetensors"}})"), ErrorCode::kFormat,
                      HasSubstr("m-2.safetensors"));
}

}  // namespace
}  // namespace bantam
