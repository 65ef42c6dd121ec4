// The two 8-bit floats of safetensors checkpoints (Open Compute Project, "OCP 8-bit Floating Point Specification
// (OFP8)", revision 1.0, table 1).
//
//            sign exponent mantissa   bias   largest   specials
//   F8_E4M3    1      4       3         7      448     no infinity; S.1111.111 is NaN
//   F8_E5M2    1      5       2        15    57344     infinity and NaN as in IEEE 754
//
// Both are read through F16, which holds all their values exactly.
#pragma once

#include <bit>
#include <cstdint>

#include "tensor/codec/half.h"

namespace bantam {

// The 7 magnitude bits, put where an F16 has its exponent and mantissa, have one exponent bit too few and so a bias of
// 15 instead of 7: the half is 2^-8 times the value, subnormals included.
constexpr float Float8E4M3ToFloat(uint8_t bits) {
  const auto half = static_cast<uint16_t>((bits & 0x80u) << 8 | (bits & 0x7fu) << 7);
  const uint32_t nan = (bits & 0x80u) << 24 | 0x7fc00000u;
  return (bits & 0x7fu) == 0x7fu ? std::bit_cast<float>(nan) : HalfToFloat(half) * 256.0f;
}

// The upper byte of an F16.
constexpr float Float8E5M2ToFloat(uint8_t bits) { return HalfToFloat(static_cast<uint16_t>(bits << 8)); }

}  // namespace bantam
