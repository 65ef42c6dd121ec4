// Criteria about people: who is named, how, and by which pronouns.
#include <algorithm>
#include <set>

#include "task/poster_criteria.h"

namespace bantam {
namespace {

using WordSet = std::set<std::string, std::less<>>;

bool Has(const PosterSentence& sentence, const PosterPerson& person) {
  return std::ranges::any_of(Words(sentence.text),
                             [&](const Word& word) { return word.text == person.first || word.text == person.last; });
}

bool HasFullName(std::string_view line, const PosterPerson& person) {
  return SpacedWords(line).find(SpacedWords(person.name())) != std::string::npos;
}

WordSet RecordNames(const PosterRecord& record) {
  WordSet names;
  for (const PosterPerson* person : {&record.sender, &record.target}) {
    for (const std::string* part : {&person->first, &person->last}) {
      for (const Word& word : Words(*part)) names.insert(std::string(word.text));
    }
  }
  return names;
}

// The first name of one person before the last name of the other.
bool MixesNames(const PosterRecord& record, const Word& word, const Word& next) {
  const bool adjacent =
      next.text.data() == word.text.data() + word.text.size() + 1 && word.text.data()[word.text.size()] == ' ';
  const auto is = [&](const PosterPerson& first, const PosterPerson& last) {
    return word.text == first.first && next.text == last.last;
  };
  return adjacent && (is(record.sender, record.target) || is(record.target, record.sender));
}

}  // namespace

std::vector<std::string> Coinages(const std::vector<Word>& words) {
  std::vector<std::string> coinages;
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].after_hyphen || !IsCapitalised(words[i].text) || !IsCapitalised(words[i - 1].text)) continue;
    coinages.push_back(std::string(words[i - 1].text) + '-' + std::string(words[i].text));
  }
  return coinages;
}

Criterion CheckNames(const PosterWorld& world, const PosterRecord& record, const PosterText& poster) {
  const std::string name = "closed_names";
  const WordSet people = RecordNames(record);
  const MarkerList& angle = world.angle(record.angle);
  for (size_t i = 0; i < poster.words.size(); ++i) {
    const Word& word = poster.words[i];
    if (!IsCapitalised(word.text) || people.contains(word.text)) {
      if (i + 1 < poster.words.size() && MixesNames(record, word, poster.words[i + 1])) {
        return {name, false, "one name from two people: '" + std::string(word.text) + "'"};
      }
      continue;
    }
    const bool known = world.IsKnownCapital(word.text) || angle.nickname_words.contains(word.text);
    if (world.IsPersonName(word.text) || (!word.starts_sentence && !known)) {
      return {name, false, "'" + std::string(word.text) + "' is in no list"};
    }
  }
  const std::vector<std::string> coinages = Coinages(poster.words);
  for (const std::string& coinage : coinages) {
    if (coinage != coinages.front()) return {name, false, "two nicknames: " + coinages.front() + ", " + coinage};
    for (const Word& part : Words(coinage)) {
      if (!angle.nickname_words.contains(part.text))
        return {name, false, "a nickname not of " + angle.id + ": " + coinage};
    }
  }
  return {name};
}

Criterion CheckTarget(const PosterRecord& record, const PosterText& poster) {
  const std::string name = "target";
  if (poster.lines.empty() || !HasFullName(poster.lines.front(), record.target)) {
    return {name, false, "the headline does not name " + record.target.name()};
  }
  if (!HasFullName(poster.lines.back(), record.sender)) {
    return {name, false, "the last line is not signed by " + record.sender.name()};
  }
  bool named = false;
  for (const PosterSentence& sentence : poster.sentences) {
    if (sentence.text.data() >= poster.lines.back().data()) {
      if (Has(sentence, record.target)) return {name, false, "the signature names the target"};
      continue;
    }
    if (Has(sentence, record.sender)) {
      return {name, false, "names the sender: '" + std::string(sentence.text) + "'"};
    }
    const bool is_headline = sentence.text.data() < poster.lines.front().data() + poster.lines.front().size();
    named = named || (!is_headline && (Has(sentence, record.target) || !Coinages(Words(sentence.text)).empty()));
  }
  if (!named) return {name, false, "the body does not name " + record.target.name()};
  return {name};
}

Criterion CheckPronouns(const PosterWorld& world, const PosterRecord& record, const PosterText& poster) {
  const WordSet& others = world.pronouns_of_others(record.target.sort);
  for (const Word& word : poster.words) {
    if (others.contains(LowerAscii(word.text))) {
      return {"pronouns", false, "'" + std::string(word.text) + "' of a " + record.target.sort};
    }
  }
  return {"pronouns"};
}

}  // namespace bantam
