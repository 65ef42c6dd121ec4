#include "base/rng.h"

#include <cmath>
#include <numbers>

namespace bantam {

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;  // Salmon et al., table 2
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;              // golden ratio and sqrt(3) - 1
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{kMultiplier0} * counter[0];
    const uint64_t product1 = uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

uint32_t Rng::NextU32() {
  const uint64_t block = position_ / 4;
  if (block != cached_block_) {
    block_ = Philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), static_cast<uint32_t>(stream_),
                     static_cast<uint32_t>(stream_ >> 32)},
                    {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
    cached_block_ = block;
  }
  return block_[position_++ % 4];
}

uint64_t Rng::NextU64() {
  const uint64_t low = NextU32();
  return low | uint64_t{NextU32()} << 32;
}

double Rng::NextDouble() { return static_cast<double>(NextU64() >> 11) * 0x1p-53; }

float Rng::NextFloat() { return static_cast<float>(NextU32() >> 8) * 0x1p-24f; }

double Rng::NextGaussian() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - NextDouble()));  // 1 - u is in (0, 1]: the logarithm is finite
  return radius * std::cos(2.0 * std::numbers::pi * NextDouble());
}

uint64_t Rng::NextBelow(uint64_t bound) {
  const uint64_t reject_below = -bound % bound;  // 2^64 mod bound: values under it would be one time too many
  uint64_t value;
  do {
    value = NextU64();
  } while (value < reject_below);
  return value % bound;
}

}  // namespace bantam
