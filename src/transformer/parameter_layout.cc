#include "transformer/parameter_layout.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace bantam {

ParameterLayout::ParameterLayout(const Architecture& architecture) {
  for (TensorSpec& spec : TensorSpecs(architecture)) {
    if (spec.role == TensorRole::kRopeFactors) continue;
    int64_t size = 1;
    for (const int64_t dimension : spec.shape) size *= dimension;
    entries_.push_back({.spec = std::move(spec), .offset = size_, .size = size});
    size_ += size;
  }
}

const ParameterLayout::Entry* ParameterLayout::Find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.spec.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

const ParameterLayout::Entry& ParameterLayout::At(std::string_view name) const {
  const Entry* entry = Find(name);
  if (entry == nullptr) Fail(ErrorCode::kInternal, "the architecture has no such tensor", std::string(name));
  return *entry;
}

}  // namespace bantam
