// safetensors: u64 header length, JSON header {name: {dtype, shape, data_offsets: [begin, end]}}, data
// (https://github.com/huggingface/safetensors, "Format"). Types F64 F32 F16 BF16 F8_E4M3 F8_E5M2 I64 I32 I16 I8 U64 U32
// U16 U8 BOOL; tensors cover the data without overlap or hole; "__metadata__" holds strings.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/tensor_source.h"

namespace bantam {

// One file, or the shards that a model.safetensors.index.json names; then entries() has the shards by name, each in the
// order of its data. Tensors are views of the mapped files, or copies where a file does not align them for their type.
class SafetensorsSource : public TensorSource {
 public:
  static std::shared_ptr<const SafetensorsSource> OpenFile(const std::filesystem::path& file);
  static std::shared_ptr<const SafetensorsSource> OpenIndex(const std::filesystem::path& index);
  virtual const std::map<std::string, std::string>& metadata() const = 0;  // "__metadata__" of the first file
};

struct SafetensorsEntry {
  std::string name;
  Tensor tensor;
};
// Writes one file, atomically, in any type that safetensors has (kUnsupported for the others). The wider types come
// first, then by name: every tensor is aligned for its type. Used for checkpoints and for test models.
void WriteSafetensors(const std::filesystem::path& path, const std::vector<SafetensorsEntry>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace bantam
