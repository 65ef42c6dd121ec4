// Log-probabilities from logits, in double: ln p_i = logit_i - ln sum_j exp(logit_j).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bantam {

// ln sum_j exp(logit_j), shifted by the largest logit so that nothing overflows. kNumeric naming the index when a logit
// is NaN or infinite, kInternal when there is none.
double LogSumExp(std::span<const float> logits);

// Index of the largest logit; the lowest among equals.
int64_t TopIndex(std::span<const float> logits);

// Indices of the k largest logits (k clamped to the vocabulary), largest first, equals by index.
std::vector<int32_t> TopIndices(std::span<const float> logits, int64_t k);

}  // namespace bantam
