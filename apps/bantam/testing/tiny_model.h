// A small llama2.c checkpoint with random weights and a tokenizer of single letters, for tests without data.
#pragma once

#include <cstdint>
#include <filesystem>

#include "formats/llama2c.h"

namespace bantam::testing {

// Control tokens, all bytes, the space and the letters a to z.
Llama2cTokenizer TinyTokenizer();

struct TinyModelOptions {
  int32_t dim = 64, hidden = 96, layers = 2, context = 256;
  bool zeros = false;  // all weights 0: a sparse file, as large as one likes
};

// Writes model.bin and tokenizer.bin into `folder`.
void WriteTinyModel(const std::filesystem::path& folder, const TinyModelOptions& options = {});

}  // namespace bantam::testing
