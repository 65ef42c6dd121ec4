#include "model/memory.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace bantam {
namespace {

int64_t KvBytesPerLayerToken(const Architecture& a, DType kv) {
  const bool known = kv == DType::kF32 || kv == DType::kF16 || kv == DType::kBF16 || kv == DType::kQ8_0;
  if (!known) {
    Fail(ErrorCode::kUsage, fmt::format("a KV cache of type {}", Name(kv)), "", "F32, F16, BF16 and Q8_0 are possible");
  }
  if (a.head_dim % Info(kv).block_values != 0) {
    Fail(ErrorCode::kUsage, fmt::format("a KV cache of type {} needs heads whose dimension divides by {}, not {}",
                                        Name(kv), Info(kv).block_values, a.head_dim));
  }
  return 2 * RowBytes(kv, a.kv_dim());  // keys and values
}

}  // namespace

ParameterCounts CountParameters(const Architecture& a) {
  ParameterCounts counts;
  for (const TensorSpec& spec : TensorSpecs(a)) {
    const int64_t count = ElementCount(spec.shape);
    switch (spec.role) {
      case TensorRole::kRopeFactors:
        break;  // they follow from the configuration
      case TensorRole::kEmbedding:
        counts.total += count;
        counts.embedding += count;
        if (a.tied_embeddings) counts.active += count;  // as the head's matrix
        break;
      case TensorRole::kOutput:
        counts.total += count;
        counts.embedding += count;
        counts.active += count;
        break;
      case TensorRole::kPosition:
        counts.total += count;
        break;
      case TensorRole::kExpert:
        counts.total += count;
        counts.active += count / a.Moe().experts * a.Moe().experts_used;
        break;
      default:
        counts.total += count;
        counts.active += count;
    }
  }
  return counts;
}

int64_t KvBytesPerToken(const Architecture& a, DType kv) { return a.layers * KvBytesPerLayerToken(a, kv); }

int64_t KvBytes(const Architecture& a, DType kv, int64_t context) {
  const int64_t bytes = KvBytesPerLayerToken(a, kv);
  int64_t total = 0;
  for (int64_t layer = 0; layer < a.layers; ++layer) {
    total += bytes * (a.LayerSlides(layer) ? std::min(context, a.sliding_window) : context);
  }
  return total;
}

}  // namespace bantam
