// A path in a content graph: "node", "node.field", "node.0.field" or "file.path".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace bantam {

struct PathStep {
  std::string key;
  int64_t index = -1;  // the number it writes, when it is one
};

struct Path {
  std::string text;
  std::vector<PathStep> steps;  // the first names the root

  // What the root is; filled in when the graph is bound.
  enum class Root { kUnbound, kNode, kFile, kIt } root = Root::kUnbound;
  int node = -1;
  const Json* file = nullptr;
};

// Bytes of the path at the front of `text`: letters, digits, _ and - in steps joined by dots; 0 when there is none.
size_t PathLength(std::string_view text);

// `text` must be a whole path; kFormat naming `where` otherwise.
Path ParsePath(std::string_view text, const std::string& where);

}  // namespace bantam
