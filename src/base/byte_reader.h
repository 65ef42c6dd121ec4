// Bounds-checked little-endian reading of bytes from outside.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.h"

namespace bantam {

static_assert(std::endian::native == std::endian::little, "the file formats are little-endian and are read in place");

class ByteReader {
 public:
  // `where` names the source in errors.
  ByteReader(std::span<const std::byte> bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

  // Next `count` bytes; kFormat with the offset when they are not there. `what` names the field.
  std::span<const std::byte> Take(uint64_t count, std::string_view what) {
    if (count > remaining()) {
      FailHere(std::string(what) + " needs " + std::to_string(count) + " bytes, the file has " +
               std::to_string(remaining()) + " left");
    }
    const auto taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }

  template <typename T>
  T Read(std::string_view what) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, Take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  [[noreturn]] void FailHere(std::string what) const {
    Fail(ErrorCode::kFormat, std::move(what), where_ + ", byte " + std::to_string(offset_));
  }

 private:
  std::span<const std::byte> bytes_;
  std::string where_;
  size_t offset_ = 0;
};

}  // namespace bantam
