// A text as a regex must see it, whatever Unicode version the regex library has.
//
// Judges differ in their tables: @huggingface/tokenizers has those of its JavaScript engine (here Unicode 17.0), llama.cpp
// has 15.1, PCRE2 10.42 has 14.0. Each character whose general category changed after 14.0 is therefore replaced, in a copy
// that only the regex sees, by one of the right category and of the same length in bytes, so that positions carry over. A
// newer PCRE2 gives the same results.
#pragma once

#include <string>
#include <string_view>

namespace bantam {

enum class UnicodeVersion { k15_1, k17 };

class RegexSubject {
 public:
  // `text`: valid UTF-8, but for surrogates, which llama.cpp lets through (lenient_utf8.h). It must outlive this object.
  RegexSubject(std::string_view text, UnicodeVersion version);

  // For a regex that names categories (\p{L}), and for one that names only characters, which must not meet stand-ins.
  std::string_view categories() const { return categories_.empty() ? text_ : std::string_view(categories_); }
  std::string_view characters() const { return literal_.empty() ? text_ : std::string_view(literal_); }

 private:
  std::string_view text_;
  std::string categories_, literal_;  // empty when equal to text_
};

}  // namespace bantam
