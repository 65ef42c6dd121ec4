// Every way a GGUF file can be wrong that we could think of: one clear error for each, before anything is allocated.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf.h"
#include "formats/gguf_layout.h"
#include "formats/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using ::testing::HasSubstr;

constexpr uint32_t kU32 = 4, kF32 = 6, kBool = 7, kString = 8, kArray = 9;  // GgufType numbers, as in the file

Bytes Preamble(uint64_t tensors, uint64_t entries, uint32_t version = 3) {
  return Bytes().Raw("GGUF").U32(version).U64(tensors).U64(entries);
}

// A file whose metadata is one entry with this type and payload.
Bytes OneEntry(std::string_view key, uint32_t type, const Bytes& payload) {
  return Preamble(0, 1).String(key).U32(type).Raw(payload.text());
}

struct Info {
  std::string name;
  std::vector<uint64_t> dims;
  uint32_t type;
  uint64_t offset;
};

Bytes WithTensors(const std::vector<Info>& tensors, size_t data_bytes) {
  Bytes file = Preamble(tensors.size(), 0);
  for (const Info& info : tensors) {
    file.String(info.name).U32(static_cast<uint32_t>(info.dims.size()));
    for (const uint64_t dim : info.dims) file.U64(dim);
    file.U32(info.type).U64(info.offset);
  }
  return file.PadTo(32).Zeros(data_bytes);
}

Bytes NestedArray(int depth) {
  Bytes payload;
  for (int i = 1; i < depth; ++i) payload.U32(kArray).U64(1);
  return OneEntry("deep", kArray, payload.U32(kU32).U64(0));
}

struct BadFile {
  std::string what;
  Bytes file;
  ErrorCode code;
  std::vector<std::string> words;  // all stand in the message, beside the name of the file
};

std::vector<BadFile> BadPreambles() {
  const auto format = ErrorCode::kFormat, unsupported = ErrorCode::kUnsupported;
  constexpr uint64_t kHuge = ~uint64_t{0};
  return {
      {"empty", Bytes(), format, {"byte 0", "GGUF"}},
      {"half a magic", Bytes().Raw("GG"), format, {"byte 0"}},
      {"another format", Bytes().Raw("PK\x03\x04 a zip file, say"), format, {"byte 0", "not a GGUF"}},
      {"Git LFS pointer", Bytes().Raw("version https://git-lfs.github.com/spec/v1\n"), format, {"git lfs pull"}},
      {"no version", Bytes().Raw("GGUF"), format, {"byte 4", "version"}},
      {"version 0", Preamble(0, 0, 0), format, {"version 0"}},
      {"version 1", Preamble(0, 0, 1), unsupported, {"version 1", "2 and 3"}},
      {"version 4", Preamble(0, 0, 4), unsupported, {"version 4"}},
      {"big-endian", Preamble(0, 0, 0x03000000), unsupported, {"big-endian"}},
      {"counts cut off", Bytes().Raw("GGUF").U32(3).U64(0).U32(0), format, {"byte 16", "metadata count"}},
      {"huge tensor count", Preamble(kHuge, 0), format, {"byte 24", "tensors"}},
      {"huge metadata count", Preamble(0, kHuge), format, {"byte 24", "metadata"}},
      {"2^60 tensors", Preamble(uint64_t{1} << 60, 0).Zeros(100), format, {"byte 24", "tensors"}},
      {"one entry too many", Preamble(0, 2).String("k").U32(kU32).U32(1).Zeros(10), format, {"byte 24", "metadata"}},
  };
}

std::vector<BadFile> BadMetadata() {
  const auto format = ErrorCode::kFormat;
  constexpr uint64_t kHuge = ~uint64_t{0};
  const Bytes number = Bytes().U32(1);
  Bytes twice = Preamble(0, 2).String("k").U32(kU32).U32(1).String("k").U32(kU32).U32(2);
  return {
      {"key longer than the file", Preamble(0, 1).U64(kHuge).Zeros(20), format, {"byte 32", "key"}},
      {"empty key", OneEntry("", kU32, Bytes().Zeros(4)), format, {"key", "empty"}},
      {"key of 65536 bytes", OneEntry(std::string(65536, 'k'), kU32, number), format, {"65536 bytes"}},
      {"key not UTF-8", OneEntry("k\xc0\x80", kU32, number), format, {"UTF-8"}},
      {"key with a zero byte", OneEntry(std::string_view("k\0k", 3), kU32, number), format, {"control characters"}},
      {"duplicate key", twice, format, {"'k'", "twice", "byte 50"}},
      {"unknown value type", OneEntry("k", 13, Bytes().Zeros(8)), format, {"'k'", "type 13"}},
      {"value cut off", OneEntry("kkk", kU32, Bytes().Zeros(3)), format, {"'kkk'", "byte 39"}},
      {"bool of 2", OneEntry("k", kBool, Bytes().Int<uint8_t>(2)), format, {"'k'", "bool of 2"}},
      {"string longer than the file", OneEntry("k", kString, Bytes().U64(9).Zeros(8)), format, {"'k'", "9 bytes"}},
      {"string of 2^63", OneEntry("k", kString, Bytes().U64(uint64_t{1} << 63)), format, {"'k'"}},
      {"array of unknown type", OneEntry("k", kArray, Bytes().U32(99).U64(0)), format, {"'k'", "type 99"}},
      {"array of 2^62 floats",
       OneEntry("k", kArray, Bytes().U32(kF32).U64(uint64_t{1} << 62)),
       format,
       {"'k'", "count"}},
      {"array of 2^61 + 1 strings",
       OneEntry("k", kArray, Bytes().U32(kString).U64((uint64_t{1} << 61) + 1).Zeros(8)),
       format,
       {"'k'", "count"}},
      {"array of one float too many",
       OneEntry("k", kArray, Bytes().U32(kF32).U64(3).Zeros(11)),
       format,
       {"'k'", "count"}},
      {"array string too long", OneEntry("k", kArray, Bytes().U32(kString).U64(1).U64(1)), format, {"'k'", "1 bytes"}},
      {"array bool of 3", OneEntry("k", kArray, Bytes().U32(kBool).U64(2).Raw("\x01\x03")), format, {"'k'", "bool"}},
      {"arrays too deep", NestedArray(kGgufMaximalArrayDepth + 1), format, {"'deep'", "deeper than 8"}},
      {"arrays of 2^40 arrays",
       OneEntry("k", kArray, Bytes().U32(kArray).U64(uint64_t{1} << 40)),
       format,
       {"'k'", "count"}},
      {"alignment 0",
       OneEntry("general.alignment", kU32, Bytes().U32(0)),
       format,
       {"general.alignment", "power of two"}},
      {"alignment 4",
       OneEntry("general.alignment", kU32, Bytes().U32(4)),
       format,
       {"general.alignment", "power of two"}},
      {"alignment 48", OneEntry("general.alignment", kU32, Bytes().U32(48)), format, {"general.alignment", "48"}},
      {"alignment a string",
       OneEntry("general.alignment", kString, Bytes().String("32")),
       format,
       {"general.alignment"}},
  };
}

std::vector<BadFile> BadTensors() {
  const auto format = ErrorCode::kFormat, unsupported = ErrorCode::kUnsupported;
  constexpr uint64_t kBig = uint64_t{1} << 32;
  const Info good{"t", {8}, 0, 0};
  return {
      {"empty name", WithTensors({{"", {8}, 0, 0}}, 32), format, {"tensor name", "empty"}},
      {"name not UTF-8", WithTensors({{"\xed\xa0\x80", {8}, 0, 0}}, 32), format, {"UTF-8"}},
      {"name with an escape", WithTensors({{"t\x1b[2J", {8}, 0, 0}}, 32), format, {"tensor name", "control"}},
      {"name longer than the file",
       Preamble(1, 0).U64(uint64_t{1} << 63).Zeros(64),
       format,
       {"tensor name", "byte 32"}},
      {"duplicate name", WithTensors({good, {"t", {8}, 0, 32}}, 64), format, {"'t'", "twice"}},
      {"5 dimensions", WithTensors({{"t", {1, 1, 1, 1, 1}, 0, 0}}, 32), format, {"'t'", "5 dimensions"}},
      {"2^32 - 1 dimensions", Preamble(1, 0).String("t").U32(~0u).Zeros(64), format, {"'t'", "dimensions"}},
      {"dimension 0", WithTensors({{"t", {8, 0}, 0, 0}}, 32), format, {"'t'", "dimension of 0"}},
      {"dimension 2^63", WithTensors({{"t", {uint64_t{1} << 63}, 0, 0}}, 32), format, {"'t'", "dimension"}},
      {"elements overflow", WithTensors({{"t", {kBig, kBig}, 24, 0}}, 32), format, {"'t'", "larger than any file"}},
      {"bytes overflow", WithTensors({{"t", {uint64_t{1} << 61}, 0, 0}}, 32), format, {"'t'", "larger than any file"}},
      {"retired type 4", WithTensors({{"t", {32}, 4, 0}}, 32), unsupported, {"'t'", "type number 4"}},
      {"retired type 36", WithTensors({{"t", {32}, 36, 0}}, 32), unsupported, {"'t'", "type number 36"}},
      {"unknown type 43", WithTensors({{"t", {32}, 43, 0}}, 32), unsupported, {"'t'", "type number 43"}},
      {"a safetensors type", WithTensors({{"t", {32}, 1000, 0}}, 32), unsupported, {"'t'", "type number 1000"}},
      {"type 2^32 - 1", WithTensors({{"t", {32}, ~0u, 0}}, 32), unsupported, {"'t'", "type number"}},
      {"rows of 31 in Q4_0", WithTensors({{"t", {31, 32}, 2, 0}}, 1024), format, {"'t'", "31", "32"}},
      {"rows of 576 in Q4_K", WithTensors({{"t", {576}, 12, 0}}, 1024), format, {"'t'", "576", "256"}},
      {"misaligned", WithTensors({{"t", {8}, 0, 8}}, 64), format, {"'t'", "offset 8", "32"}},
      {"beyond the end", WithTensors({good, {"u", {8}, 0, 64}}, 64), format, {"'u'", "offset 64"}},
      {"far beyond the end", WithTensors({{"t", {8}, 0, ~uint64_t{31}}}, 64), format, {"'t'", "offset"}},
      {"larger than the data", WithTensors({{"t", {17}, 0, 0}}, 64), format, {"'t'", "68 bytes", "64 bytes"}},
      {"same place", WithTensors({good, {"u", {8}, 0, 0}}, 64), format, {"'t'", "'u'", "overlap"}},
      {"overlap", WithTensors({{"t", {9}, 0, 32}, {"u", {16}, 0, 0}}, 96), format, {"'u'", "'t'", "overlap"}},
      {"no data", WithTensors({good}, 0), format, {"'t'", "0 bytes of data"}},
      {"info cut off", Preamble(1, 0).String("t").U32(1).U64(8).U32(0).U32(0), format, {"'t'", "byte 49"}},
  };
}

void ExpectErrors(const std::vector<BadFile>& files) {
  testing::TemporaryFolder folder;
  for (const BadFile& bad : files) {
    SCOPED_TRACE(bad.what);
    testing::WriteText(folder / "bad.gguf", bad.file.text());
    for (const std::string& word : bad.words) {
      EXPECT_BANTAM_ERROR(GgufFile::Open(folder / "bad.gguf"), bad.code, AllOf(HasSubstr("bad.gguf"), HasSubstr(word)));
    }
  }
}

TEST(GgufBadInput, Preamble) { ExpectErrors(BadPreambles()); }
TEST(GgufBadInput, Metadata) { ExpectErrors(BadMetadata()); }
TEST(GgufBadInput, Tensors) { ExpectErrors(BadTensors()); }

// Close to the bad ones, and right.
TEST(GgufBadInput, LimitsThemselvesAreAllowed) {
  for (const Bytes& file :
       {Preamble(0, 0), Preamble(0, 0, 2), Preamble(0, 0).Zeros(8), NestedArray(kGgufMaximalArrayDepth),
        OneEntry(std::string(65535, 'k'), kU32, Bytes().U32(1)), OneEntry("general.alignment", kU32, Bytes().U32(8)),
        OneEntry("k", kArray, Bytes().U32(kF32).U64(3).Zeros(12)),
        WithTensors({{"t", {8}, 0, 0}, {"u", {1}, 0, 64}}, 68),     // a gap, and no padding at the end
        WithTensors({{"t", {8}, 0, 32}, {"u", {8}, 0, 0}}, 64)}) {  // not in the order of the data
    EXPECT_NO_THROW(ParseGguf(file.span(), "good.gguf"));
  }
}

TEST(GgufBadInput, EveryTruncationIsAnError) {
  const Bytes file = Preamble(2, 2)
                         .String("name")
                         .U32(kString)
                         .String("value")
                         .String("list")
                         .U32(kArray)
                         .U32(kString)
                         .U64(2)
                         .String("a")
                         .String("b")
                         .String("t")
                         .U32(2)
                         .U64(4)
                         .U64(2)
                         .U32(0)
                         .U64(0)
                         .String("u")
                         .U32(1)
                         .U64(32)
                         .U32(2)
                         .U64(32)
                         .PadTo(32)
                         .Zeros(32 + 18);
  EXPECT_EQ(ParseGguf(file.span(), "whole").tensors.size(), 2u);
  for (size_t size = 0; size < file.text().size(); ++size) {
    EXPECT_BANTAM_ERROR(ParseGguf(file.span().first(size), "cut.gguf"), ErrorCode::kFormat, HasSubstr("cut.gguf"));
  }
}

TEST(GgufBadInput, FilesThatAreNone) {
  testing::TemporaryFolder folder;
  EXPECT_BANTAM_ERROR(GgufFile::Open(folder / "absent.gguf"), ErrorCode::kIo, HasSubstr("absent.gguf"));
  EXPECT_BANTAM_ERROR(GgufFile::Open(folder.path()), ErrorCode::kIo, HasSubstr(folder.path().string()));
}

}  // namespace
}  // namespace bantam
