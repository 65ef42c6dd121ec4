// Tiny architectures in which every switch of Architecture is on somewhere, for the tests of forward and backward passes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/architecture.h"

namespace bantam {

Architecture TinyLlama();
MoeArchitecture TinyMoe();

// Every switch of Architecture, alone or with what it needs, and the combinations that families are made of.
struct ArchitectureVariant {
  std::string name;
  std::function<void(Architecture&)> change;  // of TinyLlama()
};
const std::vector<ArchitectureVariant>& ArchitectureVariants();

}  // namespace bantam
