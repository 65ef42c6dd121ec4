// Regexes from outside, run by PCRE2 with its just-in-time compiler, under limits: a pattern may neither hang nor use up
// the memory, whatever text it meets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "text/unicode_changes.h"

namespace bantam {

// Steps that the regexes may still take on one text: every repetition and group of a pattern takes one step each time
// the matcher passes its end, some 10 ns. Ordinary patterns take fewer than ten per byte; the fixed part lets short texts
// repeat themselves quadratically.
class RegexBudget {
 public:
  explicit RegexBudget(size_t text_bytes)
      : steps_((int64_t{1} << 24) + int64_t{256} * static_cast<int64_t>(text_bytes)) {}
  bool TakeStep() { return --steps_ >= 0; }

 private:
  int64_t steps_;
};

class Regex {
 public:
  // kUnsupported or kFormat as TranslateRegex; also when PCRE2 refuses the pattern. `where` names the file.
  Regex(std::string_view pattern, const std::string& where);
  ~Regex();
  Regex(Regex&&) noexcept;

  // What of a subject this regex must see.
  std::string_view View(const RegexSubject& subject) const;

  struct Match {
    size_t begin, end;
  };
  // Finds matches from left to right; each thread needs its own.
  class Finder {
   public:
    Finder(const Regex& regex, RegexBudget& budget);
    ~Finder();
    // The first match in `text` that begins at `from` or later. kUnsupported when a limit is hit.
    std::optional<Match> Find(std::string_view text, size_t from);

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bantam
