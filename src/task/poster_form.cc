// Criteria about the form of a poster: length, leaks, repetition, ending, and the markers of angle and audience.
#include <algorithm>
#include <set>

#include "task/poster_criteria.h"

namespace bantam {
namespace {

using WordSet = std::set<std::string, std::less<>>;

bool EndsWithMark(std::string_view line) { return line.ends_with('.') || line.ends_with('!') || line.ends_with('?'); }

// Words that a good poster says often: the people, what they are, and the coined nickname.
WordSet OftenSaid(const PosterRecord& record, const PosterText& poster) {
  std::string text;
  for (const PosterPerson* person : {&record.sender, &record.target}) {
    text += person->name() + ' ' + person->job + ' ' + person->faction + ' ';
  }
  for (const std::string& coinage : Coinages(poster.words)) text += coinage + ' ';
  WordSet often;
  for (const Word& word : Words(text)) {
    if (!IsFunctionWord(word.text)) often.insert(LowerAscii(word.text));
  }
  return often;
}

}  // namespace

std::string SpacedWords(std::string_view text) {
  std::string plain = " ";
  for (const Word& word : Words(text)) plain += LowerAscii(word.text) + ' ';
  return plain;
}

PosterText::PosterText(std::string_view whole) : text(whole), words(Words(whole)), stems(Stems(whole)) {
  for (const std::string_view sentence : Sentences(whole)) {
    sentences.push_back({sentence, Stems(sentence), SpacedWords(sentence)});
  }
  for (size_t begin = 0; begin < whole.size();) {
    const size_t end = std::min(whole.find('\n', begin), whole.size());
    const std::string_view line = whole.substr(begin, end - begin);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
    begin = end + 1;
  }
}

Criterion CheckLength(const PosterLimits& limits, const PosterText& poster) {
  const auto count = static_cast<int64_t>(poster.words.size());
  if (count >= limits.least_words && count <= limits.most_words) return {"length"};
  return {"length", false, std::to_string(count) + " words"};
}

Criterion CheckLeakage(const PosterLimits& limits, const PosterText& poster) {
  for (const std::string& leak : limits.leaks) {
    if (poster.text.find(leak) != std::string_view::npos) return {"leakage", false, "'" + leak + "'"};
  }
  if (poster.text.find_first_of("0123456789") != std::string_view::npos) return {"leakage", false, "a digit"};
  return {"leakage"};
}

Criterion CheckRepetition(const PosterLimits& limits, const PosterRecord& record, const PosterText& poster) {
  const auto said_twice = [](const std::string& what) {
    return Criterion{"repetition", false, "twice: '" + what + "'"};
  };
  std::set<std::string_view> sentences;
  for (const PosterSentence& sentence : poster.sentences) {
    if (!sentences.insert(sentence.plain).second) return said_twice(std::string(sentence.text));
  }

  std::string items;
  for (const PosterItem& item : record.items) items += SpacedWords(item.past);
  const WordSet often = OftenSaid(record, poster);
  const auto run_length = static_cast<size_t>(limits.repeated_words);
  std::set<std::string> runs;
  for (size_t i = 0; i + run_length <= poster.words.size(); ++i) {
    std::string run = " ";
    size_t names = 0;
    for (size_t j = i; j < i + run_length; ++j) {
      const std::string word = LowerAscii(poster.words[j].text);
      if (often.contains(word)) ++names;
      run += word + ' ';
    }
    if (3 * names >= run_length || items.find(run) != std::string::npos) continue;
    if (!runs.insert(run).second) return said_twice(run);
  }
  return {"repetition"};
}

Criterion CheckEnding(const PosterText& poster) {
  if (poster.lines.size() != 3) {
    return {"ending", false, std::to_string(poster.lines.size()) + " lines in place of headline, body and signature"};
  }
  for (const std::string_view line : poster.lines) {
    if (!EndsWithMark(line)) return {"ending", false, "no full stop ends '" + std::string(line) + "'"};
  }
  return {"ending"};
}

Criterion CheckMarkers(const std::string& name, const MarkerList& own, const std::vector<MarkerList>& all,
                       int64_t least, const PosterText& poster) {
  int64_t count = 0;
  for (const MarkerList& list : all) {
    for (const std::string& stem : list.stems) {
      if (!poster.stems.contains(stem)) continue;
      if (list.id != own.id) return {name, false, "'" + stem + "' belongs to " + list.id};
      ++count;
    }
  }
  if (count < least) return {name, false, std::to_string(count) + " markers of " + own.id};
  return {name};
}

}  // namespace bantam
