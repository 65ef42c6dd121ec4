// Text as a judge compares it: sentences of lower-case words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bantam {

// Each sentence as " word word ", contractions spelled out ("won't" is " will not "), without punctuation; sentences end at
// . ! ? and line ends; those without words are left out.
std::vector<std::string> PlainSentences(std::string_view text);

// The same without the boundaries.
std::string PlainWords(std::string_view text);

// `text` without what stands in "double", “curly” or 'single' quotation marks; as it is when nothing but a quotation is left
// or a mark is never closed. Apostrophes are no marks.
std::string WithoutQuotations(std::string_view text);

}  // namespace bantam
