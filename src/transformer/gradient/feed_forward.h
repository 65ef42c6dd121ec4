// A feed-forward layer, down(act(gate x) * up x) or down(act(up x)), forward and backward: of a dense block, of one routed
// expert or of a shared one. Private to src/transformer.
#pragma once

#include "transformer/gradient/pass.h"

namespace bantam {

template <typename T, typename E>
struct FfnActivations {
  Buffer<E> gate, up, hidden;  // [rows, width]; gate only where the layer has one
};

template <typename T, typename E>
struct FfnScratch {
  Buffer<T> wide;
  Buffer<E> dgate, dup;
};

// y [rows, d_model] = ffn(x [rows, d_model]), or y += with `accumulate`.
template <typename T, typename E>
void FfnForward(const Pass<T, E>& pass, const FfnSlot& slot, int64_t rows, const E* x, bool accumulate, T* y,
                FfnActivations<T, E>& kept, FfnScratch<T, E>& scratch);

// dx = the gradient of x, or +=, from dy [rows, d_model]; the weights' gradients +=.
template <typename T, typename E>
void FfnBackward(const Pass<T, E>& pass, const FfnSlot& slot, int64_t rows, const E* x, const E* dy, bool accumulate,
                 T* dx, const FfnActivations<T, E>& kept, FfnScratch<T, E>& scratch);

}  // namespace bantam
