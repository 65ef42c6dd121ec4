// A step's documents dealt to micro-batches of about equal size, whose gradients are added up.
#pragma once

#include <cstdint>
#include <vector>

namespace bantam {

// Indices into `lengths`, per micro-batch: as few micro-batches of at most `most` tokens as the longest-first rule (Graham
// 1969) finds, the documents of each by falling length. No length exceeds `most`.
std::vector<std::vector<int64_t>> DealToMicroBatches(const std::vector<int64_t>& lengths, int64_t most);

}  // namespace bantam
