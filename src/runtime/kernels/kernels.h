// The operators of a forward pass: one table of functions per instruction set.
//
// Every function gives the same bits in every table. What makes that so:
//   - A sum over n values has 16 lanes, lane i adding the values i, i + 16, ... in this order by fused multiply-add, and the
//     lanes are added as a tree: i with i + 8, then i + 4, i + 2, i + 1. (Products of 8-bit codes: multiply-inl.h. Norms:
//     8 lanes of doubles.)
//   - exp and tanh are ours (math-inl.h). The C library computes GELU's erf and its table of halves, the same in every table.
//   - Fused multiply-adds stand where the source says so and nowhere else (-ffp-contract=off).
// And nothing depends on how many rows or tokens a call covers, so work may be cut anywhere between them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/architecture.h"
#include "runtime/isa.h"
#include "runtime/kernels/activation_format.h"
#include "tensor/dtype.h"

namespace bantam {

// Rows of a buffer; row i is index[i] when there is an index.
template <typename T>
struct RowsOf {
  T* base = nullptr;
  int64_t stride = 0;  // in elements of T
  const int32_t* index = nullptr;

  T* row(int64_t i) const { return base + (index != nullptr ? index[i] : i) * stride; }
};

// out[t][r] = sum over c of weights[r][c] * x[t][c], for r in [row_begin, row_end) and t in [0, tokens).
struct MultiplyArgs {
  DType dtype = DType::kF32;
  const std::byte* weights = nullptr;  // [rows, cols] in dtype, any alignment
  int64_t row_bytes = 0, cols = 0;
  int64_t row_begin = 0, row_end = 0, tokens = 0;
  RowsOf<const std::byte> x;  // encoded in ActivationFormatFor(dtype), 4-byte aligned
  RowsOf<float> out;
};

// One head of one token over the positions [begin, end) of its key and value cache. F16 caches take their products as
// llama.cpp does without flash attention: the query and the probabilities are rounded to F16 as well.
//   s[j] = soft_cap(q . k[j] * scale);  p = softmax(s);  out = sum over j of p[j] * v[j], in the order of j
struct AttendArgs {
  DType kv = DType::kF16;        // kF16 or kF32
  float* query = nullptr;        // [head_dim]; rounded in place for kF16
  const std::byte* k = nullptr;  // [position, head_dim], this head's
  const std::byte* v = nullptr;
  int64_t head_dim = 0, begin = 0, end = 0;
  float scale = 1.0f;
  float soft_cap = 0.0f;    // 0: none
  float* scores = nullptr;  // scratch, end - begin rounded up to a multiple of 16
  float* out = nullptr;     // [head_dim]
};

// The activation functions as they are computed. kGeluTanhF16 is F16(gelu(F16(x))) for |x| < 10 and 0 or x beyond, which is
// how llama.cpp's CPU backend has GELU (a table over all halves).
enum class Nonlinearity { kSilu, kGeluTanh, kGeluTanhF16, kGeluErf };

// For the hidden values that a matrix of type `down` reads. A matrix that rounds its input anyway gets llama.cpp's GELU, so
// that both programs agree; F32 gets the exact one.
Nonlinearity NonlinearityFor(Activation activation, DType down);

// F16(gelu(x)) of every half x, computed in float with the C library's tanh.
const uint16_t* GeluOfHalves();

struct Kernels {
  Isa isa;

  // Encodes `cols` values (a multiple of the format's block) into ActivationRowBytes bytes, aligned to 4.
  void (*encode)(ActivationFormat format, const float* x, int64_t cols, std::byte* out);
  // The function for weights of this type: one made for it, or one that decodes them to floats.
  void (*(*multiply)(DType dtype))(const MultiplyArgs&);
  void (*attend)(const AttendArgs&);

  // out = x / sqrt(mean(x^2) + eps) * gain; out may be x.
  void (*rms_norm)(const float* x, const float* gain, float eps, int64_t n, float* out);
  // out = (x - mean(x)) / sqrt(variance(x) + eps) * gain + bias; out may be x.
  void (*layer_norm)(const float* x, const float* gain, const float* bias, float eps, int64_t n, float* out);
  // Rotates the first rope_dim values of each of `heads` heads by the angles whose cosines and sines are given,
  // [rope_dim / 2] each.
  void (*rope)(float* x, int64_t heads, int64_t head_dim, int64_t rope_dim, RopeStyle style, const float* cosines,
               const float* sines);

  void (*activate)(Nonlinearity act, float* x, int64_t n);                            // x = act(x)
  void (*activate_gated)(Nonlinearity act, float* gate, const float* up, int64_t n);  // gate = act(gate) * up
  void (*softmax)(float* x, int64_t n);
  void (*sigmoid)(float* x, int64_t n);
  void (*soft_cap)(float* x, float cap, int64_t n);                       // x = cap * tanh(x / cap)
  void (*add)(float* x, const float* y, int64_t n);                       // x += y
  void (*scale)(float* x, float factor, int64_t n);                       // x *= factor
  void (*add_scaled)(float* x, float factor, const float* y, int64_t n);  // x = fma(factor, y, x)
  void (*to_f16)(const float* x, uint16_t* out, int64_t n);

  // For tests: the functions that the operators are made of.
  void (*exp)(const float* x, float* out, int64_t n);
  void (*tanh)(const float* x, float* out, int64_t n);
};

const Kernels& KernelsFor(Isa isa);  // kInternal when CanRun(isa) is false

}  // namespace bantam
