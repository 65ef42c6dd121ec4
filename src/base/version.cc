#include "base/version.h"

#include "base/version_values.h"

namespace bantam {

std::string_view Version() { return BANTAM_VERSION; }
std::string_view GitCommit() { return BANTAM_GIT_COMMIT; }

std::string_view Compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace bantam
