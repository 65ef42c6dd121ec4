// A macro as a value: what it runs and the variables of the function it was written in.
#pragma once

#include <string>

#include "text/jinja/ast.h"
#include "text/jinja/value.h"

namespace bantam::jinja {

class MacroObject : public Object {
 public:
  MacroObject(const Function* the_function, Ref<FrameObject> outer)
      : function(the_function), closure(std::move(outer)) {}
  const std::string& name() const { return function->name; }

  const Function* const function;  // part of the template's tree, which outlives the rendering
  const Ref<FrameObject> closure;
};

}  // namespace bantam::jinja
