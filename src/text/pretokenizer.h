// Cuts a section of text into words by the pre-tokenizer steps of pipeline.h.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/pipeline.h"
#include "text/regex.h"
#include "text/unicode_changes.h"

namespace bantam {

// A section and its words. `text` is the section given, or `storage` after a step that rewrites.
struct Words {
  struct Span {
    size_t begin, end;
  };
  std::string_view text;
  std::string storage;
  std::vector<Span> spans;

  std::string_view At(size_t i) const { return text.substr(spans[i].begin, spans[i].end - spans[i].begin); }
};

class PreTokenizer {
 public:
  // `unicode`: the version whose categories the regexes go by.
  PreTokenizer(std::vector<PreTokenizerStep> steps, UnicodeVersion unicode, const std::string& where);

  bool has_regex() const;

  // `text`: valid UTF-8 (or with surrogates, see RegexSubject) when has_regex(). `first`: it is the front of the whole
  // text, where Metaspace's "first" prepends. The result refers to `text`.
  void Apply(std::string_view text, bool first, RegexBudget& budget, Words& words) const;

 private:
  void Split(const SplitText& step, const Regex* regex, const RegexSubject* subject, RegexBudget& budget,
             Words& words) const;

  std::vector<PreTokenizerStep> steps_;
  std::vector<std::shared_ptr<const Regex>> regexes_;  // as many as steps; null where a step has none
  UnicodeVersion unicode_;
};

}  // namespace bantam
