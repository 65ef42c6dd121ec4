// Template source -> syntax tree, names resolved, ready to run.
#pragma once

#include <string>
#include <string_view>

#include "text/jinja/ast.h"

namespace bantam::jinja {

// Syntax errors are kFormat, constructs of Jinja that Bantam does not have kUnsupported, nesting beyond `max_depth` kMemory;
// each names `name` and the line.
TemplateTree ParseTemplate(std::string_view source, const std::string& name, int max_depth);

}  // namespace bantam::jinja
