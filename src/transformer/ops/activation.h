// The non-linearity of a feed-forward layer, gated or not (Shazeer, arXiv:2002.05202):
//
//   silu(x) = x / (1 + e^-x)
//   gelu_erf(x) = x / 2 (1 + erf(x / sqrt 2)),  gelu_tanh(x) = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
//
// gelu_tanh is Hendrycks and Gimpel's approximation (arXiv:1606.08415), which GPT-2 and Gemma were trained with.
// llama.cpp's CPU code takes it from a table of half-precision inputs and outputs: 2^-11 relative in each.
#pragma once

#include <span>

#include "model/architecture.h"

namespace bantam {

// y = act(x). y may be x.
template <typename T>
void ActivationForward(Activation activation, std::span<const T> x, std::span<T> y);

// y = act(gate) * up. y may be either.
template <typename T>
void GatedActivationForward(Activation activation, std::span<const T> gate, std::span<const T> up, std::span<T> y);

// dx = act'(x) * dy. dx may be x or dy.
template <typename T>
void ActivationBackward(Activation activation, std::span<const T> x, std::span<const T> dy, std::span<T> dx);

// dgate = act'(gate) * up * dy, dup = act(gate) * dy. Each may be one of the inputs.
template <typename T>
void GatedActivationBackward(Activation activation, std::span<const T> gate, std::span<const T> up,
                             std::span<const T> dy, std::span<T> dgate, std::span<T> dup);

}  // namespace bantam
