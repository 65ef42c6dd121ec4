// Exact arithmetic of sizes: parameters, bytes per tensor, KV cache bytes.
#pragma once

#include <cstdint>

#include "model/architecture.h"
#include "tensor/dtype.h"

namespace bantam {

struct ParameterCounts {
  int64_t total = 0;
  int64_t active = 0;  // touched per token: the experts used instead of all, the embedding row not counted as a matrix
  int64_t embedding = 0;  // token_embd (and output when not tied)
};
ParameterCounts CountParameters(const Architecture& architecture);

// Bytes of keys and values that one more token of context takes, over all layers, `kv` being F32, F16, BF16 or Q8_0.
int64_t KvBytesPerToken(const Architecture& architecture, DType kv);
// Bytes of the whole cache at `context` tokens. Sliding layers count min(context, window).
int64_t KvBytes(const Architecture& architecture, DType kv, int64_t context);

}  // namespace bantam
