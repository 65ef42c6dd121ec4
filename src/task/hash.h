// Hashes that are the same on every machine and in every version: they decide which split a value belongs to and which
// random stream a node draws from.
#pragma once

#include <cstdint>
#include <string_view>

namespace bantam {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection whose every output bit depends on every input bit.
constexpr uint64_t MixBits(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

constexpr uint64_t Combine(uint64_t hash, uint64_t value) {
  return MixBits(hash + 0x9e3779b97f4a7c15 + MixBits(value));
}

// FNV-1a, 64 bits, then mixed: FNV alone leaves the high bits of short texts poor.
constexpr uint64_t HashText(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return MixBits(hash);
}

// Uniform in [0, 1): the upper 53 bits.
constexpr double UnitInterval(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-53; }

}  // namespace bantam
