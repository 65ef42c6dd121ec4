// The filters, by what they work on. Each table is sorted by name; an entry without functions is a filter that Jinja has
// and Bantam has not.
#pragma once

#include <span>
#include <string_view>

#include "text/jinja/native.h"

namespace bantam::jinja {

// Null when Jinja knows no filter of that name.
const Native* FindFilter(std::string_view name);

std::span<const Native> TextFilters();      // text -> text: trim, replace, indent, tojson, ...
std::span<const Native> NumberFilters();    // int, float, round, abs
std::span<const Native> SequenceFilters();  // several values -> one value or list: join, first, sort, ...
std::span<const Native> LazyFilters();      // several values -> values one by one: map, select, unique, ...

}  // namespace bantam::jinja
