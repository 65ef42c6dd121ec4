// Which experts a token goes to, and with what weights.
//
//   p = softmax(logits) or sigmoid(logits);  chosen: the `used` largest of p + selection_bias;  w = p of the chosen
//   w = w / max(sum w, 2^-14) when normalised;  w = w * scale
//
// The floor of the sum is the smallest normal half-precision number, as in llama.cpp.
#pragma once

#include <cstdint>
#include <span>

#include "model/architecture.h"

namespace bantam {

// scores: the router's logits [tokens, experts], replaced by p. selection_bias: [experts] or empty. chosen, weights:
// [tokens, used], best first; of equals the lower number comes first.
template <typename T>
void RouterForward(const MoeArchitecture& moe, std::span<const T> selection_bias, std::span<T> scores,
                   std::span<int32_t> chosen, std::span<T> weights);

// dlogits [tokens, experts] from dweights [tokens, used], p [tokens, experts] and `chosen` those of the forward. The
// choice is a constant; so is the divisor where it is the floor, equality included.
template <typename T>
void RouterBackward(const MoeArchitecture& moe, std::span<const T> probabilities, std::span<const int32_t> chosen,
                    std::span<const T> dweights, std::span<T> dlogits);

}  // namespace bantam
