// All tensors of a model in one flat array: what a trainer updates, and what gradients come back in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/architecture.h"

namespace bantam {

// Tensors of TensorSpecs(architecture), in that order, without gaps; rope_freqs.weight, which holds no parameters, is left
// out.
class ParameterLayout {
 public:
  struct Entry {
    TensorSpec spec;
    int64_t offset = 0, size = 0;  // in values
  };

  explicit ParameterLayout(const Architecture& architecture);

  const std::vector<Entry>& entries() const { return entries_; }
  int64_t size() const { return size_; }           // of the whole array
  const Entry* Find(std::string_view name) const;  // null when there is no such tensor
  const Entry& At(std::string_view name) const;    // kInternal when there is no such tensor

 private:
  std::vector<Entry> entries_;
  int64_t size_ = 0;
};

}  // namespace bantam
