// Words, stems and sentences of a short English text: what rubrics and overlap measures count with.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bantam {

// A run of letters, with apostrophes inside; a hyphen parts words.
struct Word {
  std::string_view text;
  bool starts_sentence = false;
  bool after_hyphen = false;  // joined to the word before
};
std::vector<Word> Words(std::string_view text);

// Parts that end with . ! or ? before white space, or with their line; without the white space around them.
std::vector<std::string_view> Sentences(std::string_view text);

// Lower case without possessive and inflection: "Blundering", "blunders" and "blunder's" give the same. Coarser than Porter's
// stemmer (1980), and enough to compare a text with a closed list.
std::string Stem(std::string_view word);

using StemSet = std::set<std::string, std::less<>>;
StemSet Stems(std::string_view text);
bool ContainsAll(const StemSet& set, const StemSet& subset);

bool IsCapitalised(std::string_view word);
std::string LowerAscii(std::string_view text);

// Articles, prepositions and the like: words that say nothing about what a phrase is about.
bool IsFunctionWord(std::string_view word);

}  // namespace bantam
