// Rotary position embedding (Su et al., "RoFormer", 2021): the angles of every position.
//
//   angle(position, i) = position / linear_factor * theta^(-2 i / rope_dim) / freq_factor[i]
#pragma once

#include <cstdint>
#include <vector>

#include "model/architecture.h"

namespace bantam {

class RopeAngles {
 public:
  explicit RopeAngles(const Architecture& architecture);

  int64_t pairs() const { return static_cast<int64_t>(frequencies_.size()); }
  // cosines, sines: [pairs]
  void At(int64_t position, float* cosines, float* sines) const;

 private:
  std::vector<double> frequencies_;
};

// Sine and cosine of an angle of at most 2^31 in magnitude, each within half a unit in the last place of float and a hair.
// Additions and multiplications only, so that no C library decides about the bits.
void SinCos(double angle, float* sine, float* cosine);

}  // namespace bantam
