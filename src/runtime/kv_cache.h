// Keys and values of the positions that a session has seen.
//
//   per layer: keys [kv_heads, context, head_dim], then values the same; F32 or F16
//
// A head's positions lie behind one another, which is the order attention reads them in. Layers with a sliding window keep
// all positions too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/architecture.h"
#include "runtime/arena.h"
#include "runtime/kernels/kernels.h"

namespace bantam {

class KvCache {
 public:
  // `arena` provides the memory; the cache must not move before Arena::Allocate().
  KvCache(const Architecture& architecture, DType dtype, int64_t context, Arena& arena);
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  DType dtype() const { return dtype_; }
  int64_t context() const { return context_; }

  // [context, head_dim] of one head.
  const std::byte* Keys(int64_t layer, int64_t head) const { return Head(layer, head, 0); }
  const std::byte* Values(int64_t layer, int64_t head) const { return Head(layer, head, 1); }

  // Stores k and v, [kv_heads, head_dim] each, of one position.
  void Store(const Kernels& kernels, int64_t layer, int64_t position, const float* k, const float* v);

 private:
  std::byte* Head(int64_t layer, int64_t head, int64_t which) const {
    return data_ + ((layer * 2 + which) * kv_heads_ + head) * context_ * row_bytes_;
  }

  DType dtype_;
  int64_t context_, kv_heads_, head_dim_, row_bytes_;
  std::byte* data_ = nullptr;
};

}  // namespace bantam
