// One node of a content graph, from its YAML.
#pragma once

#include <string>

#include "task/graph.h"
#include "task/source.h"

namespace bantam {

// The node `name` of `source`; what stands in its inline list is noted in `places`. kFormat or kUsage naming the place.
GraphNode ParseNode(const Config& config, const std::string& name, const Source& source, Places* places);

}  // namespace bantam
