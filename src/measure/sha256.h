// SHA-256 (FIPS 180-4), fed in pieces: the fingerprint by which stored results recognise the text they belong to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bantam {

class Sha256 {
 public:
  void Update(std::span<const std::byte> bytes);
  std::array<std::byte, 32> Finish();  // the object is used up

  static std::array<std::byte, 32> Of(std::span<const std::byte> bytes);

 private:
  void Compress(const std::byte* block);  // 64 bytes

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  size_t pending_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

std::string ToHex(std::span<const std::byte> bytes);

}  // namespace bantam
