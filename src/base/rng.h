// The one random number generator: Philox4x32-10, counter based (Salmon et al., "Parallel random numbers: as easy as 1,
// 2, 3", SC 2011). The n-th number of a stream depends on (seed, stream, n) alone, so any thread or rank can make its
// share.
#pragma once

#include <array>
#include <cstdint>

namespace bantam {

// One Philox4x32-10 block: 4 words from a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class Rng {
 public:
  explicit Rng(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t NextU32();
  uint64_t NextU64();
  double NextDouble();                 // uniform in [0, 1), 53 bits
  float NextFloat();                   // uniform in [0, 1), 24 bits
  double NextGaussian();               // mean 0, variance 1 (Box-Muller, one value per call)
  uint64_t NextBelow(uint64_t bound);  // uniform in [0, bound), without modulo bias; bound > 0

  uint64_t position() const { return position_; }  // 32-bit words drawn so far
  void Seek(uint64_t position) { position_ = position; }

 private:
  uint64_t seed_, stream_, position_ = 0;
  uint64_t cached_block_ = ~uint64_t{0};
  std::array<uint32_t, 4> block_{};
};

}  // namespace bantam
