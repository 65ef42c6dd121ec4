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

Json ToJson(const RubricResult& result) {
  Json failed = Json::object();
  for (const Criterion& criterion : result.criteria) {
    if (!criterion.pass) failed[criterion.name] = criterion.reason;
  }
  return {{"pass", result.pass()}, {"failed", failed}};
}

}  // namespace bantam
