// Runs the normalizer steps of pipeline.h over a section of text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/pipeline.h"
#include "text/regex.h"

namespace bantam {

class Normalizer {
 public:
  // `where` names the file in errors about a regex.
  Normalizer(std::vector<NormalizerStep> steps, const std::string& where);

  // Whether some step understands characters, so that the text must be valid UTF-8.
  bool needs_valid_utf8() const { return needs_valid_utf8_; }

  // `text` itself when there are no steps, else a view of `storage`. kUnsupported when the text grows without measure.
  std::string_view Apply(std::string_view text, RegexBudget& budget, std::string& storage) const;

 private:
  std::vector<NormalizerStep> steps_;
  std::vector<std::shared_ptr<const Regex>> regexes_;  // as many as steps; null where a step has none
  std::string where_;
  bool needs_valid_utf8_ = false;
};

// `text` with every occurrence of a non-empty `from`, left to right and not overlapping, replaced by `to`.
std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);

}  // namespace bantam
