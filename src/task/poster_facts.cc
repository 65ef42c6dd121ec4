// Criteria about facts: all three items, nothing that the record does not have.
#include <algorithm>

#include "task/poster_criteria.h"

namespace bantam {
namespace {

// "did not sell", "never sold".
bool Denies(std::string_view sentence, const PosterItem& item) {
  const std::vector<Word> words = Words(sentence);
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string before = LowerAscii(words[i - 1].text);
    if ((before == "not" || before == "never" || before.ends_with("n't")) && item.verbs.contains(Stem(words[i].text))) {
      return true;
    }
  }
  return false;
}

bool TellsAny(const PosterRecord& record, const PosterSentence& sentence) {
  return std::ranges::any_of(record.items, [&](const PosterItem& item) { return Tells(sentence.stems, item); });
}

// A phrase of the list that the sentence has and no item has; empty when there is none.
std::string ForeignPhrase(const std::vector<std::string>& phrases, const std::string& items,
                          const PosterSentence& sentence) {
  for (const std::string& phrase : phrases) {
    const std::string plain = SpacedWords(phrase);
    if (sentence.plain.find(plain) != std::string::npos && items.find(plain) == std::string::npos) return phrase;
  }
  return {};
}

}  // namespace

Criterion CheckItems(const PosterRecord& record, const PosterText& poster) {
  for (const PosterItem& item : record.items) {
    bool told = false;
    for (const PosterSentence& sentence : poster.sentences) {
      if (!Tells(sentence.stems, item)) continue;
      told = true;
      if (Denies(sentence.text, item)) return {"items", false, "denied: '" + item.past + "'"};
    }
    if (!told) return {"items", false, "missing: '" + item.past + "'"};
  }
  return {"items"};
}

Criterion CheckForeignItems(const PosterWorld& world, const PosterRecord& record, const PosterText& poster) {
  const std::string name = "foreign_items";
  std::string items;
  for (const PosterItem& item : record.items) items += SpacedWords(item.past);
  for (const PosterSentence& sentence : poster.sentences) {
    for (const PosterAct& act : world.acts()) {
      const bool known = std::ranges::any_of(record.items, [&](const PosterItem& item) { return item.act == act.id; });
      if (!known && act.IsIn(sentence.stems)) return {name, false, "the act " + act.id};
    }
    std::string foreign = ForeignPhrase(world.people(), items, sentence);
    if (foreign.empty() && TellsAny(record, sentence)) foreign = ForeignPhrase(world.times(), items, sentence);
    if (!foreign.empty()) return {name, false, "'" + foreign + "' is in no item"};
  }
  return {name};
}

}  // namespace bantam
