// Files: read-only memory maps, bounded whole-file reads, and writers whose result appears whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bantam {

// A file mapped read-only for the life of the object. An empty file gives an empty span.
class MappedFile {
 public:
  // Error kIo when the path cannot be opened, is a directory or cannot be mapped.
  static std::shared_ptr<const MappedFile> Open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  std::filesystem::path path_;
};

// The whole of a file as text; kFormat when it is larger than `max_bytes`.
std::string ReadFile(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 30);

// A file that takes its name only at Commit(): until then it has none (O_TMPFILE) or, where the file system cannot do
// that, a hidden temporary name that the destructor removes. Commit() syncs, then renames over `path`.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(std::span<const std::byte> bytes);
  void Write(std::string_view text) { Write(std::as_bytes(std::span(text))); }
  void WriteZeros(uint64_t count);
  uint64_t offset() const { return offset_; }  // bytes written so far

  void Commit();

 private:
  void Flush();
  void WriteThrough(std::span<const std::byte> bytes);
  [[noreturn]] void FailWrite(int error_number, std::string_view action) const;

  std::filesystem::path path_, temporary_;  // temporary_ is empty while the file has no name
  std::string buffer_;
  uint64_t offset_ = 0;
  int descriptor_ = -1;
};

// AtomicFile for a text that is already whole.
void WriteFileAtomically(const std::filesystem::path& path, std::string_view text);

}  // namespace bantam
