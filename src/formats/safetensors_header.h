// The header of a safetensors file and the index of a sharded model. Internal to formats/, apart from the fuzz target,
// which feeds both parsers from memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace bantam {

constexpr uint64_t kSafetensorsLengthBytes = 8;
constexpr uint64_t kSafetensorsMaximalHeader = 100'000'000;  // bytes; the limit of Hugging Face's own reader

struct SafetensorsInfo {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  uint64_t begin = 0, end = 0;  // bytes from the start of the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsInfo> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
  uint64_t data_offset = 0;
};

// Parses and checks the header against the file that it stands in. `where` names the file in errors.
SafetensorsHeader ParseSafetensors(std::span<const std::byte> file, const std::string& where);

// {"metadata": ..., "weight_map": {tensor: shard}}: the map. Shards are file names without a folder.
std::map<std::string, std::string> ParseSafetensorsIndex(std::string_view text, const std::string& where);

// "F8_E4M3"; nothing for the block formats, which safetensors does not have.
std::optional<std::string_view> SafetensorsTypeName(DType dtype);

}  // namespace bantam
