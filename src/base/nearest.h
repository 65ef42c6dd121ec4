// "Did you mean": the known name that a mistyped one is closest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bantam {

// The candidate with the fewest edits (insert, delete, replace, swap of neighbours: optimal string alignment) from `name`,
// if these are at most one and a third of its length; otherwise empty. Ties go to the first.
std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);

// "did you mean 'weight'?", or "known: a, b, c" when nothing is near; empty when nothing is known.
std::string NearestHint(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace bantam
