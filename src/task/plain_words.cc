#include "task/plain_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace bantam {
namespace {

bool IsWordByte(unsigned char byte) { return std::isalnum(byte) || byte >= 0x80; }

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Typographic marks as the ASCII ones.
std::string StraightQuotes(std::string_view text) {
  std::string out(text);
  for (const std::string_view mark : {"\u201C", "\u201D", "\u201E", "\u00AB", "\u00BB"}) ReplaceAll(out, mark, "\"");
  for (const std::string_view mark : {"\u2018", "\u2019"}) ReplaceAll(out, mark, "'");
  return out;
}

// Irregular ones first; then the endings, each after the letters of a word.
void SpellOutContractions(std::string& word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWhole = {
      {{"won't", "will not"}, {"can't", "cannot"}, {"shan't", "shall not"}, {"ain't", "is not"}}};
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kEndings = {
      {{"n't", " not"}, {"'m", " am"}, {"'ll", " will"}, {"'re", " are"}, {"'ve", " have"}, {"'d", " would"}}};
  for (const auto& [from, to] : kWhole) {
    if (word == from) {
      word = to;
      return;
    }
  }
  for (const auto& [from, to] : kEndings) {
    if (word.size() > from.size() && word.ends_with(from)) {
      word.replace(word.size() - from.size(), from.size(), to);
      return;
    }
  }
}

// Where the quotation that begins at `open` ends (its closing mark), or npos.
size_t ClosingMark(std::string_view text, size_t open) {
  const char mark = text[open];
  for (size_t at = open + 1; at < text.size(); ++at) {
    if (text[at] != mark) continue;
    const bool after_word = at + 1 < text.size() && IsWordByte(text[at + 1]);
    if (mark == '"' || !after_word) return at;
  }
  return std::string_view::npos;
}

bool OpensQuotation(std::string_view text, size_t at) {
  if (text[at] == '"') return true;
  const bool before = at > 0 && IsWordByte(text[at - 1]);
  const bool after = at + 1 < text.size() && IsWordByte(text[at + 1]);
  return text[at] == '\'' && !before && after;
}

}  // namespace

std::vector<std::string> PlainSentences(std::string_view text) {
  std::vector<std::string> sentences;
  std::string sentence = " ", word;
  const auto end_word = [&] {
    while (word.ends_with('\'')) word.pop_back();
    if (word.empty()) return;
    SpellOutContractions(word);
    sentence += word + " ";
    word.clear();
  };
  const auto end_sentence = [&] {
    end_word();
    ReplaceAll(sentence, " can not ", " cannot ");
    if (sentence.size() > 1) sentences.push_back(sentence);
    sentence = " ";
  };
  for (const char c : StraightQuotes(text)) {
    if (IsWordByte(static_cast<unsigned char>(c)) || (c == '\'' && !word.empty())) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      end_word();
      if (c == '.' || c == '!' || c == '?' || c == '\n') end_sentence();
    }
  }
  end_sentence();
  return sentences;
}

std::string PlainWords(std::string_view text) {
  std::string words = " ";
  for (const std::string& sentence : PlainSentences(text)) words += sentence.substr(1);
  return words;
}

std::string WithoutQuotations(std::string_view text) {
  const std::string straight = StraightQuotes(text);
  std::string rest;
  for (size_t at = 0; at < straight.size();) {
    const size_t close = OpensQuotation(straight, at) ? ClosingMark(straight, at) : std::string::npos;
    if (close == std::string::npos) {
      rest += straight[at++];
    } else {
      rest += ' ';
      at = close + 1;
    }
  }
  return PlainWords(rest).size() > 1 ? rest : straight;
}

}  // namespace bantam
