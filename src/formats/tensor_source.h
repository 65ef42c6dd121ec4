// What every weight file offers: tensors by name, loaded when asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace bantam {

struct TensorEntry {
  std::string name;  // as the file has it
  DType dtype = DType::kF32;
  Shape shape;
  uint64_t bytes = 0;
};

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual const std::vector<TensorEntry>& entries() const = 0;
  virtual const TensorEntry* Find(std::string_view name) const = 0;
  virtual Tensor Load(std::string_view name) const = 0;  // kFormat when there is no such tensor
  virtual std::string where() const = 0;                 // path, for messages
};

}  // namespace bantam
