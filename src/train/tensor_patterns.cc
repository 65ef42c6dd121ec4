#include "train/tensor_patterns.h"

#include <fmt/core.h>

#include <regex>

#include "base/error.h"

namespace bantam {
namespace {

std::regex Compile(const std::string& pattern, const std::string& where) {
  try {
    return std::regex(pattern);
  } catch (const std::regex_error& error) {
    Fail(ErrorCode::kUsage, fmt::format("'{}' is no regex: {}", pattern, error.what()), where);
  }
}

}  // namespace

std::vector<bool> MatchTensors(const ParameterLayout& layout, const std::vector<std::string>& patterns,
                               const std::string& where) {
  std::vector<bool> chosen(layout.entries().size());
  for (const std::string& pattern : patterns) {
    const std::regex regex = Compile(pattern, where);
    bool any = false;
    for (size_t i = 0; i < chosen.size(); ++i) {
      if (!std::regex_match(layout.entries()[i].spec.name, regex)) continue;
      chosen[i] = any = true;
    }
    if (any) continue;
    Fail(ErrorCode::kUsage, fmt::format("'{}' matches no tensor", pattern), where,
         fmt::format("it must match a whole GGUF name, such as {}", layout.entries().back().spec.name));
  }
  return chosen;
}

}  // namespace bantam
