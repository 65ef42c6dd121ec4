#include "runtime/kv_cache.h"

#include <cstring>

namespace bantam {

KvCache::KvCache(const Architecture& a, DType dtype, int64_t context, Arena& arena)
    : dtype_(dtype),
      context_(context),
      kv_heads_(a.kv_heads),
      head_dim_(a.head_dim),
      row_bytes_(RowBytes(dtype, a.head_dim)) {
  arena.Reserve(&data_, a.layers * 2 * kv_heads_ * context_ * row_bytes_);
}

void KvCache::Store(const Kernels& kernels, int64_t layer, int64_t position, const float* k, const float* v) {
  for (int64_t head = 0; head < kv_heads_; ++head) {
    for (int64_t which = 0; which < 2; ++which) {
      const float* source = (which == 0 ? k : v) + head * head_dim_;
      std::byte* row = Head(layer, head, which) + position * row_bytes_;
      if (dtype_ == DType::kF16) {
        kernels.to_f16(source, reinterpret_cast<uint16_t*>(row), head_dim_);
      } else {
        std::memcpy(row, source, static_cast<size_t>(row_bytes_));
      }
    }
  }
}

}  // namespace bantam
