// A report of schema bantam.eval/1 for people.
#pragma once

#include <string>

#include "base/json.h"

namespace bantam {

std::string EvaluationTable(const Json& report);

}  // namespace bantam
