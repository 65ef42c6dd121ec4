#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/byte_reader.h"
#include "formats/download_hint.h"
#include "formats/gguf_layout.h"
#include "formats/names.h"

namespace bantam {
namespace {

// The least a count of things can mean in bytes: counts are checked with these before anything is read or allocated.
constexpr uint64_t kSmallestEntryBytes = 8 + 1 + 4 + 1;       // a key of one byte, type, a value of one byte
constexpr uint64_t kSmallestTensorBytes = 8 + 1 + 4 + 4 + 8;  // a name of one byte, no dimension, type, offset
constexpr uint64_t kSmallestStringBytes = 8;
constexpr uint64_t kSmallestArrayBytes = 4 + 8;

class Parser {
 public:
  Parser(std::span<const std::byte> file, const std::string& where) : file_(file), where_(where), reader_(file, where) {
    header_.metadata = GgufMetadata(where);
  }

  GgufHeader Parse() {
    ReadPreamble();
    for (uint64_t i = 0; i < metadata_count_; ++i) ReadEntry();
    header_.alignment = GgufAlignment(header_.metadata);
    for (uint64_t i = 0; i < tensor_count_; ++i) ReadTensorInfo(i);
    header_.header_bytes = reader_.offset();
    header_.data_offset = RoundUp(header_.header_bytes, header_.alignment);
    CheckPlacement();
    return std::move(header_);
  }

 private:
  void ReadPreamble();
  void ReadEntry();
  GgufValue ReadValue(GgufType type, const std::string& what, int depth);
  GgufArray ReadArray(const std::string& what, int depth);
  GgufType ReadType(const std::string& what);
  std::string ReadString(std::string_view what);
  void ReadTensorInfo(uint64_t number);
  Shape ReadShape(const std::string& what);
  void CheckPlacement() const;

  void CheckCount(uint64_t count, uint64_t smallest_bytes, std::string_view what) {
    if (count > reader_.remaining() / smallest_bytes) {
      reader_.FailHere(fmt::format("{} has a count of {}, which the {} bytes left in the file cannot hold", what, count,
                                   reader_.remaining()));
    }
  }
  void CheckName(const std::string& name, size_t maximal_bytes, std::string_view what) {
    if (name.empty()) reader_.FailHere(fmt::format("{} is empty", what));
    if (name.size() > maximal_bytes) {
      reader_.FailHere(fmt::format("{} has {} bytes, at most {} are allowed", what, name.size(), maximal_bytes));
    }
    if (!IsCleanName(name)) reader_.FailHere(fmt::format("{} is not UTF-8 without control characters", what));
  }
  [[noreturn]] void FailUnsupported(std::string what, std::string hint) const {
    Fail(ErrorCode::kUnsupported, std::move(what), fmt::format("{}, byte {}", where_, reader_.offset()),
         std::move(hint));
  }

  std::span<const std::byte> file_;
  const std::string& where_;
  ByteReader reader_;
  GgufHeader header_;
  uint64_t tensor_count_ = 0, metadata_count_ = 0;
  std::set<std::string, std::less<>> tensor_names_;
};

void Parser::ReadPreamble() {
  if (file_.size() < kGgufMagic.size() || std::memcmp(file_.data(), kGgufMagic.data(), kGgufMagic.size()) != 0) {
    Fail(ErrorCode::kFormat, "is not a GGUF file, it does not begin with \"GGUF\"", where_ + ", byte 0",
         DownloadHint(file_));
  }
  reader_.Take(kGgufMagic.size(), "the magic");
  const auto version = reader_.Read<uint32_t>("the version");
  // A file of the other byte order has its version in the upper half (ggml makes the same test).
  if (version != 0 && (version & 0xffff) == 0) {
    FailUnsupported("is a big-endian GGUF file", "convert it with gguf_convert_endian.py of llama.cpp");
  }
  if (version == 0) reader_.FailHere("has GGUF version 0");
  if (version == 1) {
    FailUnsupported("is a GGUF file of version 1; versions 2 and 3 are read", "convert the original model again");
  }
  if (version > kGgufVersion)
    FailUnsupported(fmt::format("has GGUF version {}; versions 2 and 3 are read", version), "");
  header_.version = version;
  tensor_count_ = reader_.Read<uint64_t>("the tensor count");
  metadata_count_ = reader_.Read<uint64_t>("the metadata count");
  CheckCount(metadata_count_, kSmallestEntryBytes, "the metadata");
  CheckCount(tensor_count_, kSmallestTensorBytes, "the list of tensors");
}

std::string Parser::ReadString(std::string_view what) {
  const auto length = reader_.Read<uint64_t>(what);
  const auto bytes = reader_.Take(length, what);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

GgufType Parser::ReadType(const std::string& what) {
  const auto number = reader_.Read<uint32_t>(what);
  if (number > static_cast<uint32_t>(GgufType::kF64))
    reader_.FailHere(fmt::format("{} has unknown type {}", what, number));
  return static_cast<GgufType>(number);
}

void Parser::ReadEntry() {
  std::string key = ReadString("a metadata key");
  CheckName(key, kGgufMaximalKeyBytes, "a metadata key");
  if (header_.metadata.Find(key) != nullptr) reader_.FailHere(fmt::format("metadata key '{}' stands twice", key));
  const std::string what = fmt::format("the value of '{}'", key);
  const GgufType type = ReadType(what);
  header_.metadata.Set(std::move(key), ReadValue(type, what, 0));
}

GgufValue Parser::ReadValue(GgufType type, const std::string& what, int depth) {
  if (type == GgufType::kString) return {type, ReadString(what)};
  if (type == GgufType::kArray) return {type, ReadArray(what, depth + 1)};
  if (type == GgufType::kBool) {
    const auto byte = reader_.Read<uint8_t>(what);
    if (byte > 1) reader_.FailHere(fmt::format("{} is a bool of {}, 0 or 1 is needed", what, byte));
    return {type, byte == 1};
  }
  return VisitGgufNumber(type, [&](auto zero) -> GgufValue {
    using T = decltype(zero);
    const T number = reader_.Read<T>(what);
    if constexpr (std::is_same_v<T, float>) {
      return {type, WidenFloat(number)};
    } else if constexpr (std::is_same_v<T, double>) {
      return {type, number};
    } else if constexpr (std::is_signed_v<T>) {
      return {type, int64_t{number}};
    } else {
      return {type, uint64_t{number}};
    }
  });
}

GgufArray Parser::ReadArray(const std::string& what, int depth) {
  if (depth > kGgufMaximalArrayDepth) {
    reader_.FailHere(fmt::format("{} nests arrays deeper than {} levels", what, kGgufMaximalArrayDepth));
  }
  GgufArray array;
  array.element = ReadType(what);
  array.count = reader_.Read<uint64_t>(what);
  // Nothing is reserved from the count: the vectors grow with what was really read.
  if (array.element == GgufType::kString) {
    CheckCount(array.count, kSmallestStringBytes, what);
    for (uint64_t i = 0; i < array.count; ++i) array.strings.push_back(ReadString(what));
  } else if (array.element == GgufType::kArray) {
    CheckCount(array.count, kSmallestArrayBytes, what);
    for (uint64_t i = 0; i < array.count; ++i) array.arrays.push_back(ReadValue(GgufType::kArray, what, depth));
  } else {
    const uint64_t number_bytes = GgufNumberBytes(array.element);
    CheckCount(array.count, number_bytes, what);
    const auto bytes = reader_.Take(array.count * number_bytes, what);
    if (array.element == GgufType::kBool &&
        std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; })) {
      reader_.FailHere(fmt::format("{} holds a bool that is neither 0 nor 1", what));
    }
    array.numbers.assign(bytes.begin(), bytes.end());
  }
  return array;
}

// Returns the shape outermost first; a tensor without dimensions is a scalar.
Shape Parser::ReadShape(const std::string& what) {
  const auto dimensions = reader_.Read<uint32_t>(what);
  if (dimensions > kGgufMaximalDimensions) {
    reader_.FailHere(
        fmt::format("{} has {} dimensions, at most {} are allowed", what, dimensions, kGgufMaximalDimensions));
  }
  Shape shape(dimensions);
  for (uint32_t i = 0; i < dimensions; ++i) {
    const auto size = reader_.Read<uint64_t>(what);
    if (size == 0) reader_.FailHere(fmt::format("{} has a dimension of 0", what));
    if (size > static_cast<uint64_t>(INT64_MAX)) reader_.FailHere(fmt::format("{} has a dimension of {}", what, size));
    shape[dimensions - 1 - i] = static_cast<int64_t>(size);
  }
  return shape;
}

void Parser::ReadTensorInfo(uint64_t number) {
  GgufTensorInfo info;
  info.name = ReadString("a tensor name");
  CheckName(info.name, kGgufMaximalKeyBytes, "a tensor name");
  const std::string what = fmt::format("tensor '{}'", info.name);
  if (!tensor_names_.insert(info.name).second) reader_.FailHere(fmt::format("{} stands twice", what));

  info.shape = ReadShape(what);
  const auto type = reader_.Read<uint32_t>(what);
  const DTypeInfo* dtype = type < 1000 ? FindDType(type) : nullptr;  // from 1000 on: types that no GGUF has
  if (dtype == nullptr) {
    FailUnsupported(fmt::format("{} has type number {}, which is retired or newer than this program", what, type), "");
  }
  info.dtype = dtype->dtype;
  const int64_t row_values = info.shape.empty() ? 1 : info.shape.back();
  if (row_values % dtype->block_values != 0) {
    reader_.FailHere(fmt::format("{} of type {} has rows of {} values, which its blocks of {} do not divide", what,
                                 dtype->name, row_values, dtype->block_values));
  }
  if (!GgufTensorBytes(info.shape, *dtype, &info.bytes)) {
    reader_.FailHere(fmt::format("{} of shape {} is larger than any file", what, ToString(info.shape)));
  }
  info.offset = reader_.Read<uint64_t>(what);
  if (info.offset % header_.alignment != 0) {
    reader_.FailHere(fmt::format("{} has offset {}, which is no multiple of the alignment {}", what, info.offset,
                                 header_.alignment));
  }
  header_.tensors.push_back(std::move(info));
}

// Every tensor inside the file, and no two on the same bytes. Gaps are allowed: the specification does not forbid them.
void Parser::CheckPlacement() const {
  const uint64_t data_bytes = file_.size() > header_.data_offset ? file_.size() - header_.data_offset : 0;
  std::vector<const GgufTensorInfo*> by_offset;
  by_offset.reserve(header_.tensors.size());
  for (const GgufTensorInfo& info : header_.tensors) {
    if (info.bytes > data_bytes || info.offset > data_bytes - info.bytes) {
      Fail(ErrorCode::kFormat,
           fmt::format("tensor '{}' needs {} bytes at data offset {}, the file has {} bytes of data", info.name,
                       info.bytes, info.offset, data_bytes),
           where_, "the file is truncated or damaged: download or convert it again");
    }
    by_offset.push_back(&info);
  }
  std::sort(by_offset.begin(), by_offset.end(), [](const auto* a, const auto* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < by_offset.size(); ++i) {
    const GgufTensorInfo& before = *by_offset[i - 1];
    if (before.offset + before.bytes > by_offset[i]->offset) {
      Fail(ErrorCode::kFormat,
           fmt::format("tensors '{}' and '{}' overlap at data offset {}", before.name, by_offset[i]->name,
                       by_offset[i]->offset),
           where_);
    }
  }
}

}  // namespace

GgufHeader ParseGguf(std::span<const std::byte> file, const std::string& where) { return Parser(file, where).Parse(); }

}  // namespace bantam
