// Where the tensors of a llama2.c checkpoint lie, and its tokenizer's tokens, from bytes. Internal to formats/, apart
// from the fuzz target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/llama2c.h"

namespace bantam {

struct Llama2cLayout {
  Llama2cConfig config;
  std::vector<TensorEntry> entries;  // in file order: kind by kind
  std::vector<uint64_t> offsets;     // from the start of the file, one for each entry
};

// `where` names the file in errors.
Llama2cLayout ParseLlama2c(std::span<const std::byte> file, const std::string& where);
Llama2cTokenizer ParseLlama2cTokenizer(std::span<const std::byte> file, int32_t vocab_size, const std::string& where);

}  // namespace bantam
