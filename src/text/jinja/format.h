// Python's two ways of putting values into a text: "%s: %d" % values and "{}: {:>4}".format(values).
#pragma once

#include <string>
#include <string_view>

#include "text/jinja/native.h"
#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

// `values`: a tuple of values, a dict for %(name)s, or one value.
std::string PercentFormat(Runtime& runtime, std::string_view layout, const Value& values);

std::string BraceFormat(Runtime& runtime, std::string_view layout, const Arguments& arguments);

}  // namespace bantam::jinja
