#include "task/rubric.h"

#include <algorithm>

namespace bantam {

bool RubricResult::pass() const { return std::ranges::all_of(criteria, &Criterion::pass); }

std::string RubricResult::reason() const {
  std::string text;
  for (const Criterion& criterion : criteria) {
    if (criterion.pass) continue;
    text += (text.empty() ? "" : "; ") + criterion.name + ": " + criterion.reason;
  }
  return text;
}

}  // namespace bantam
