#include "text/jinja/filters.h"

namespace bantam::jinja {
namespace {

constexpr Native kUnsupported[] = {
    {"filesizeformat", ""}, {"pprint", ""},    {"random", ""},   {"striptags", ""}, {"urlencode", ""},
    {"urlize", ""},         {"wordcount", ""}, {"wordwrap", ""}, {"xmlattr", ""},
};

}  // namespace

const Native* FindFilter(std::string_view name) {
  for (const std::span<const Native> table :
       {TextFilters(), NumberFilters(), SequenceFilters(), LazyFilters(), std::span<const Native>(kUnsupported)}) {
    if (const Native* found = FindNative(table, name)) return found;
  }
  return nullptr;
}

}  // namespace bantam::jinja
