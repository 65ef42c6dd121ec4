// Soft capping of attention scores and logits (Gemma 2, arXiv:2408.00118, section 2).
#pragma once

#include <span>

namespace bantam {

// x = cap * tanh(x / cap) in place; nothing when cap is 0.
template <typename T>
void SoftCapForward(double cap, std::span<T> x);

// dx = dy * (1 - (y / cap)^2) in place of dy, y the forward's result; nothing when cap is 0.
template <typename T>
void SoftCapBackward(double cap, std::span<const T> y, std::span<T> dy);

}  // namespace bantam
