// From the layout of a Hugging Face checkpoint to that of a GGUF and back, one tensor at a time (HfTransform says what each is
// for). Values are moved, not converted, so the stored type stays; only AddOne and SubtractOne compute and give F32.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace bantam {

// Rows of q or k (weight [heads * head_dim, in] or bias [heads * head_dim]): within each head, rows i and i + head_dim
// / 2 of the source, one RoPE pair, become rows 2i and 2i + 1.
Tensor PermuteHeadRows(const Tensor& source, int64_t heads);
Tensor UnpermuteHeadRows(const Tensor& source, int64_t heads);  // the way back

// [rows, columns] -> [columns, rows]; plain types only.
Tensor Transpose(const Tensor& source);

Tensor AddOne(const Tensor& source);       // F32
Tensor SubtractOne(const Tensor& source);  // F32

// Equal shapes [out, in] -> [experts, out, in]; F32 when the types differ.
Tensor StackExperts(const std::vector<Tensor>& experts);
std::vector<Tensor> UnstackExperts(const Tensor& source);  // views of the source

}  // namespace bantam
