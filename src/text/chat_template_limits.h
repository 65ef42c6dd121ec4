// What rendering a chat template may spend.
#pragma once

#include <cstdint>

namespace bantam {

// Bounds of one rendering; passing one is kMemory.
struct ChatTemplateLimits {
  int64_t steps = 1'000'000;         // nodes evaluated; working on 256 bytes of text counts as one more
  int64_t output_bytes = 16 << 20;   // of the result
  int64_t memory_bytes = 256 << 20;  // of all values alive, estimated
  int depth = 100;                   // levels of nesting in the source, and macro calls inside each other
};

}  // namespace bantam
