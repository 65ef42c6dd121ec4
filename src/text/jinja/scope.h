// Where each name of a template lives. Jinja decides this before it runs a template, by rules that can be seen:
//
// - The template, each pass of a loop, and each macro, with, filter, call and set block is a scope; an `if` is not.
// - What a scope assigns is its own variable. It starts as a copy of the variable of that name in an outer scope, if
//   there is one. If there is none: as the context's value when the scope reads the name before it assigns it, or assigns it
//   in only some branches of an `if`; else unset, even if the context has a value.
// - What a scope only reads is the variable of the nearest outer scope that knows the name, even one that assigns it
//   later, or else the context's value.
//
// So {% set x %}{{ x }}{% endset %} sees no x of the context, but {{ x }}{% set x = 1 %} does. Scopes of one nesting depth in
// one function share their variables' slots, as they share Python's local variables there.
#pragma once

#include <string>

#include "text/jinja/ast.h"

namespace bantam::jinja {

// Fills in every Slot and Scope of the tree. Unknown filters and tests are kFormat, those of Jinja that Bantam does not have
// kUnsupported, unless they stand in an `if` or a conditional expression: those fail when they are reached, as in Jinja.
void ResolveNames(TemplateTree& tree, const std::string& name);

}  // namespace bantam::jinja
