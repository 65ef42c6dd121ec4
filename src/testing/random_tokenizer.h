// The tokenizer of the random models: byte-level BPE in the manner of Llama 3's tokenizer.json, small enough to read.
#pragma once

#include <cstdint>
#include <filesystem>

namespace bantam::testing {

// Writes tokenizer.json and tokenizer_config.json (with a small chat template). Exactly `vocab_size` tokens, at least
// 300: 256 bytes, merges of two letters, and at the end four special ones: <|begin_of_text|>, <|end_of_text|>,
// <|start|>, <|end|>.
void WriteRandomTokenizer(const std::filesystem::path& folder, int64_t vocab_size);

}  // namespace bantam::testing
