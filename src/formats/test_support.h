// What the tests of formats/ share: files built byte by byte, independently of the writers, and a disk that is full.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace bantam::testing {

// Little-endian bytes, appended in a chain: Bytes().Raw("GGUF").Int<uint32_t>(3).
class Bytes {
 public:
  Bytes& Raw(std::string_view text) {
    bytes_.append(text);
    return *this;
  }
  template <typename T>
  Bytes& Int(T number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
    return *this;
  }
  Bytes& U32(uint32_t number) { return Int(number); }
  Bytes& U64(uint64_t number) { return Int(number); }
  Bytes& String(std::string_view text) { return U64(text.size()).Raw(text); }  // as GGUF has it
  Bytes& Zeros(size_t count) { return Raw(std::string(count, '\0')); }
  Bytes& PadTo(size_t alignment) { return Zeros((alignment - bytes_.size() % alignment) % alignment); }

  const std::string& text() const { return bytes_; }
  std::span<const std::byte> span() const { return std::as_bytes(std::span(bytes_)); }

 private:
  std::string bytes_;
};

inline void WriteText(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline bool IsEmptyFolder(const std::filesystem::path& path) {
  return std::filesystem::directory_iterator(path) == std::filesystem::directory_iterator();
}

// While this object lives no file of the process grows beyond `bytes`: write() fails with EFBIG, as ENOSPC on a full
// disk.
class FullDisk {
 public:
  explicit FullDisk(uint64_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int) = nullptr;
};

}  // namespace bantam::testing
