// Text marked as HTML: MarkupSafe's escape().
#pragma once

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

// The value as text with & < > ' " replaced by entities, marked as HTML; text that is marked already stays as it is.
Value EscapeHtml(Runtime& runtime, const Value& value);

}  // namespace bantam::jinja
