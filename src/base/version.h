// What this build is.
#pragma once

#include <string_view>

namespace bantam {

std::string_view Version();    // "0.1.0"
std::string_view GitCommit();  // short hash, with "+" when the tree had changes; "unknown" outside a checkout
std::string_view Compiler();   // "clang 19.1.7"

}  // namespace bantam
