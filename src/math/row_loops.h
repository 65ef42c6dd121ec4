// The loops of training that are neither matrix products nor small: over rows of activations, in float, in double, or in float
// with operands of products kept as bfloat16.
//
// Each is compiled for several instruction sets (row_loops-inl.h), chosen when the program starts. Sums run in sixteen lanes that are added
// in one order, and the exponential of float is a polynomial, so every instruction set gives the same bits.
//
// T is the type of arithmetic and E of what is kept for a product: <float, float>, <float, BFloat16>, <double, double>.
#pragma once

#include <cstdint>

#include "math/bfloat16.h"

namespace bantam {

// y = x, rounded where E is bfloat16.
template <typename T, typename E>
void ConvertRow(const T* x, int64_t count, E* y);

// y += x
template <typename T>
void AddRow(const T* x, int64_t count, T* y);

// y = x * gain / sqrt(mean(x^2) + eps)
template <typename T, typename E>
void RmsNormRow(const T* x, const T* gain, double eps, int64_t width, E* y);

// dx += and dgain += for the same row.
template <typename T>
void RmsNormRowBackward(const T* x, const T* gain, double eps, const T* dy, int64_t width, T* dx, T* dgain);

// y = silu(gate) * up
template <typename T, typename E>
void SwigluRow(const E* gate, const E* up, int64_t count, E* y);

// dgate and dup are overwritten.
template <typename T, typename E>
void SwigluRowBackward(const E* gate, const E* up, const T* dy, int64_t count, E* dgate, E* dup);

// p = softmax(x); x holds the exponentials afterwards. Returns the log of the sum of exp(x).
template <typename T, typename E>
T SoftmaxRow(T* x, int64_t count, E* p);

// Log of the sum of exp(x).
template <typename T>
T LogSumExpRow(const T* x, int64_t count);

// p = exp(x - log_sum), from scores x and the forward's result.
template <typename T>
void ProbabilityRow(const T* x, T log_sum, int64_t count, T* p);

// y = exp(x - log_sum) * weight: the probabilities' part of the gradient of a cross-entropy.
template <typename T, typename E>
void WeightedProbabilityRow(const T* x, T log_sum, T weight, int64_t count, E* y);

// dx = p * (dp - dot) * scale
template <typename T, typename E>
void SoftmaxRowBackward(const T* p, const T* dp, T dot, T scale, int64_t count, E* dx);

// Sum of x * y.
template <typename T>
T DotRow(const T* x, const T* y, int64_t count);

}  // namespace bantam
