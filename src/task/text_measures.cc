#include "task/text_measures.h"

#include <algorithm>
#include <array>

namespace bantam {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsVowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

// Bytes of UTF-8 sequences count as letters: a foreign word stays whole.
bool IsLetter(char c) { return IsUpper(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

bool EndsSentence(std::string_view text, size_t i) {
  const char c = text[i];
  return c == '\n' || ((c == '.' || c == '!' || c == '?') && (i + 1 == text.size() || IsSpace(text[i + 1])));
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Removes one ending; the order matters, the first that fits wins.
void StripInflection(std::string& word) {
  const auto ends = [&](std::string_view suffix, size_t at_least) {
    return word.size() >= at_least && word.ends_with(suffix);
  };
  const auto drop = [&](size_t count) { word.resize(word.size() - count); };
  if (ends("ies", 5) || ends("ied", 5)) {
    drop(3);
    word += 'y';
  } else if (ends("ing", 6) || ends("est", 6)) {
    drop(3);
  } else if (ends("ed", 5) && !word.ends_with("eed")) {
    drop(2);
  } else if (ends("ses", 5) || ends("xes", 5) || ends("zes", 5) || ends("ches", 5) || ends("shes", 5)) {
    drop(2);
  } else if (ends("s", 4) && !word.ends_with("ss")) {
    drop(1);
  }
}

}  // namespace

std::vector<Word> Words(std::string_view text) {
  std::vector<Word> words;
  bool fresh = true, hyphen = false;
  for (size_t i = 0; i < text.size();) {
    if (!IsLetter(text[i])) {
      fresh = fresh || EndsSentence(text, i);
      hyphen = text[i] == '-' && i > 0 && IsLetter(text[i - 1]);
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < text.size() &&
           (IsLetter(text[i]) || (text[i] == '\'' && i + 1 < text.size() && IsLetter(text[i + 1])))) {
      ++i;
    }
    words.push_back({text.substr(begin, i - begin), fresh, hyphen});
    fresh = hyphen = false;
  }
  return words;
}

std::vector<std::string_view> Sentences(std::string_view text) {
  std::vector<std::string_view> sentences;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 != text.size() && !EndsSentence(text, i)) continue;
    const std::string_view sentence = Trim(text.substr(begin, i + 1 - begin));
    if (!sentence.empty()) sentences.push_back(sentence);
    begin = i + 1;
  }
  return sentences;
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Stem(std::string_view word) {
  std::string stem = LowerAscii(word);
  if (stem.ends_with("'s")) stem.resize(stem.size() - 2);
  StripInflection(stem);
  if (stem.size() > 3 && stem.back() == 'e') stem.pop_back();
  if (stem.size() > 3 && stem.back() == stem[stem.size() - 2] && !IsVowel(stem.back())) stem.pop_back();
  if (stem.size() > 2 && stem.back() == 'y') stem.back() = 'i';
  return stem;
}

StemSet Stems(std::string_view text) {
  StemSet stems;
  for (const Word& word : Words(text)) stems.insert(Stem(word.text));
  return stems;
}

bool ContainsAll(const StemSet& set, const StemSet& subset) { return std::ranges::includes(set, subset); }

bool IsCapitalised(std::string_view word) { return !word.empty() && IsUpper(word.front()); }

bool IsFunctionWord(std::string_view word) {
  static constexpr std::array kWords = {"a",    "an",   "and", "as",   "at",  "by",    "for", "from", "in",
                                        "into", "it",   "its", "of",   "off", "on",    "one", "or",   "out",
                                        "over", "that", "the", "this", "to",  "under", "with"};
  return std::ranges::find(kWords, LowerAscii(word)) != kWords.end();
}

}  // namespace bantam
