// What can be said about a model file without running it, also when Bantam could not run it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "formats/tensor_source.h"
#include "model/architecture.h"

namespace bantam::cli {

struct MetadataLine {
  std::string key, type;  // type as GGUF names it: "u32", "str", "[str]"
  Json value;             // an array of more than kShownElements becomes its first ones
  uint64_t count = 1;     // elements of an array
};
inline constexpr uint64_t kShownElements = 8;

struct Inspection {
  std::string path, format;  // "GGUF v3", "Hugging Face folder", "llama2.c checkpoint"
  uint64_t file_bytes = 0;
  std::vector<MetadataLine> metadata;
  std::vector<TensorEntry> tensors;
  std::optional<Architecture> architecture;  // when Bantam can run the model
  std::string why_not;                       // when it cannot

  uint64_t tensor_bytes() const;
  uint64_t tensor_values() const;
};

// Errors only for what cannot be read at all.
Inspection Inspect(const std::filesystem::path& path);

// Context lengths worth a line in a memory table: powers of two from 512 and the model's own.
std::vector<int64_t> MemoryContexts(const Architecture& architecture);

// Types of a cache that the architecture can have: blocks must divide a head.
std::vector<DType> MemoryCacheTypes(const Architecture& architecture);

// {"schema": "bantam.inspect/1", ...}
Json ToJson(const Inspection& inspection);

}  // namespace bantam::cli
