// Rotary position embedding (Su et al., arXiv:2104.09864) with the scalings that released checkpoints use:
//
//   angle(p, i) = p / linear_factor * theta^(-2i / rope_dim) / freq_factors[i],    i in [0, rope_dim / 2)
//
// and pair i of a head turned by it. Angles, sines and cosines are computed in double and rounded once. llama.cpp
// multiplies the angle up in float from pair to pair, so its angle of pair i differs by up to about (i + 1) 2^-24 of
// itself.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/architecture.h"

namespace bantam {

// Cosines and sines for positions 0 to positions - 1, each [positions, rope_dim / 2].
template <typename T>
struct RopeTable {
  RopeTable(const Architecture& architecture, int64_t positions);

  int64_t pairs;
  std::vector<T> cosines, sines;
};

// Turns x [tokens, heads, head_dim] in place, its first token at `first_position`. Dimensions beyond 2 * table.pairs
// stay.
template <typename T>
void RopeForward(RopeStyle style, const RopeTable<T>& table, int64_t first_position, int64_t heads, int64_t head_dim,
                 std::span<T> x);

// Turns gradients back: a rotation's transpose is its inverse.
template <typename T>
void RopeBackward(RopeStyle style, const RopeTable<T>& table, int64_t first_position, int64_t heads, int64_t head_dim,
                  std::span<T> dx);

}  // namespace bantam
