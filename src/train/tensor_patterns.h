// Choosing tensors by regexes over their GGUF names.
#pragma once

#include <string>
#include <vector>

#include "transformer/parameter_layout.h"

namespace bantam {

// One flag per entry of the layout: whether one of the patterns (ECMAScript) matches its whole name. kUsage naming `where` for
// a pattern that is no regex or matches no tensor.
std::vector<bool> MatchTensors(const ParameterLayout& layout, const std::vector<std::string>& patterns,
                               const std::string& where);

}  // namespace bantam
