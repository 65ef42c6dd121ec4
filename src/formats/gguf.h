// GGUF: the file format of llama.cpp (ggml/docs/gguf.md, versions 2 and 3).
//
//   magic "GGUF" | u32 version | u64 tensor count | u64 metadata count | metadata | tensor infos | padding | data
//   metadata entry = string key, u32 type, value     string = u64 length, bytes
//   array value = u32 element type, u64 count, values
//   tensor info = string name, u32 n_dims, u64 dims[n_dims] (contiguous one first), u32 type, u64 offset from the data
//   The data and every tensor in it start at multiples of general.alignment (32 when absent).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "tensor/tensor.h"

namespace bantam {

// clang-format off
enum class GgufType : uint32_t {
  kU8 = 0, kI8 = 1, kU16 = 2, kI16 = 3, kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9,
  kU64 = 10, kI64 = 11, kF64 = 12,
};
// clang-format on

// One metadata value. Arrays of numbers keep their little-endian bytes; arrays of strings are a vector; arrays of
// arrays are a vector of values.
struct GgufValue;
struct GgufArray {
  GgufType element = GgufType::kU8;
  uint64_t count = 0;
  std::vector<std::byte> numbers;    // element is a number or bool
  std::vector<std::string> strings;  // element is kString
  std::vector<GgufValue> arrays;     // element is kArray
};
struct GgufValue {
  GgufType type = GgufType::kU32;
  std::variant<uint64_t, int64_t, double, bool, std::string, GgufArray> value;  // integers widened, floats as double

  static GgufValue U32(uint32_t v);
  static GgufValue F32(float v);
  static GgufValue Bool(bool v);
  static GgufValue String(std::string v);
  static GgufValue Strings(std::vector<std::string> v);
  static GgufValue I32s(const std::vector<int32_t>& v);
  static GgufValue F32s(const std::vector<float>& v);
  static GgufValue Bools(const std::vector<bool>& v);
};

// Metadata in file order, with typed look-ups. Errors name the file and the key.
class GgufMetadata {
 public:
  explicit GgufMetadata(std::string where = {}) : where_(std::move(where)) {}

  void Set(std::string key, GgufValue value);  // replaces in place or appends
  void Erase(std::string_view key);
  const GgufValue* Find(std::string_view key) const;
  const std::vector<std::pair<std::string, GgufValue>>& entries() const { return entries_; }
  const std::string& where() const { return where_; }

  // The required forms fail with kFormat when the key is absent; the others return `otherwise`. A wrong type is kFormat
  // in both.
  uint64_t GetUint(std::string_view key) const;
  uint64_t GetUint(std::string_view key, uint64_t otherwise) const;
  double GetFloat(std::string_view key) const;
  double GetFloat(std::string_view key, double otherwise) const;
  bool GetBool(std::string_view key, bool otherwise) const;
  std::string GetString(std::string_view key) const;
  std::string GetString(std::string_view key, std::string otherwise) const;
  const std::vector<std::string>& GetStrings(std::string_view key) const;  // empty when absent
  std::vector<int64_t> GetInts(std::string_view key) const;  // any integer type or bool; empty when absent
  std::vector<float> GetFloats(std::string_view key) const;  // empty when absent

 private:
  std::string where_;
  std::vector<std::pair<std::string, GgufValue>> entries_;
  std::map<std::string, size_t, std::less<>> index_;
};

struct GgufTensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;          // outermost first: the file's dims reversed
  uint64_t offset = 0;  // from the data section of its file
  uint64_t bytes = 0;
  int part = 0;  // which file of a split model
};

class GgufFile {
 public:
  // Opens one file, or all parts of a split model when `path` is its first part (name-00001-of-0000N.gguf). Everything
  // but the tensors' values is checked here: counts and lengths against the file size before anything is allocated,
  // types, alignment, overlaps, duplicates. kFormat or kUnsupported, naming the file and the byte or tensor.
  static std::shared_ptr<const GgufFile> Open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  uint32_t version() const { return version_; }
  uint64_t alignment() const { return alignment_; }
  const GgufMetadata& metadata() const { return metadata_; }
  const std::vector<GgufTensorInfo>& tensors() const { return tensors_; }  // in file order, parts one after another
  const GgufTensorInfo* Find(std::string_view name) const;
  Tensor Load(const GgufTensorInfo& info) const;  // zero copy; the tensor keeps the mapping alive
  uint64_t file_bytes() const;                    // of all parts

 private:
  GgufMetadata AddPart(const std::filesystem::path& path);  // returns the part's metadata
  void AddOtherParts(uint64_t part_count);

  std::filesystem::path path_;
  uint32_t version_ = 3;
  uint64_t alignment_ = 32;
  GgufMetadata metadata_;
  std::vector<GgufTensorInfo> tensors_;
  std::map<std::string, size_t, std::less<>> index_;
  std::vector<std::shared_ptr<const MappedFile>> parts_;
  std::vector<uint64_t> data_offsets_;  // where each part's data section begins
};

// Writes a GGUF v3 in one pass: declare every tensor, Begin(), then the tensors' bytes in the declared order, Commit().
// A file that was read and is written with the same metadata and the same tensors in the same order keeps its bytes, if
// it was a version 3 without gaps. Calls out of order are kInternal, what GGUF or llama.cpp cannot hold is
// kUnsupported.
class GgufWriter {
 public:
  GgufWriter(std::filesystem::path path, const GgufMetadata& metadata);
  ~GgufWriter();

  void Declare(std::string name, DType dtype, Shape shape);
  uint64_t TotalBytes() const;  // exact size of the file that Commit() will leave
  void Begin();
  void WriteTensor(std::string_view name, std::span<const std::byte> bytes);  // whole tensor, names in declared order
  // The same in pieces: bytes of the current tensor are appended until it is full.
  void Append(std::span<const std::byte> bytes);
  void Commit();

 private:
  void Pad();  // to the next multiple of the alignment
  [[noreturn]] void FailTensor(ErrorCode code, std::string_view name, std::string what, std::string hint = {}) const;

  std::filesystem::path path_;
  uint64_t metadata_count_;
  uint64_t alignment_;
  std::string metadata_bytes_, infos_bytes_;  // encoded
  std::vector<GgufTensorInfo> tensors_;
  std::set<std::string, std::less<>> names_;
  uint64_t data_bytes_ = 0;  // of the declared tensors, each padded
  std::unique_ptr<AtomicFile> file_;
  size_t current_ = 0;         // tensor being written
  uint64_t current_done_ = 0;  // its bytes so far
};

}  // namespace bantam
