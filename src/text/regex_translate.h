// Regexes of tokenizer.json, in Oniguruma's syntax, rewritten for PCRE2.
//
// What changes, and why:
//   \s \S \d \D \w \W   become explicit sets: PCRE2's \s has U+180E and its \w depends on its version. \s is Unicode's
//                       White_Space, \d is Nd, \w is Alphabetic, M, Nd and Pc.
//   (?i:...)            only ASCII letters match without regard to case, as in @huggingface/tokenizers and llama.cpp; full
//                       case folding would let "'s" match U+017F.
//   ^ $                 match at every line, and only "\n" ends a line
//   {n,m}+              repeats, where PCRE2 would make it possessive; {,m} is {0,m}
//   (?C)                a callout after every repetition and every group, so that each step of a runaway match is counted
#pragma once

#include <string>
#include <string_view>

namespace bantam {

struct TranslatedRegex {
  std::string pattern;
  bool names_categories = false;  // \p{..} or a set that stands for it occurs
};

// kUnsupported naming the construct and its offset for what is not translated: back references, recursion, named groups,
// verbs, nested or intersected classes; kFormat for an unfinished escape, class or group. `where` names the file.
TranslatedRegex TranslateRegex(std::string_view pattern, const std::string& where);

}  // namespace bantam
