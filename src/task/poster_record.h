// The record that a poster is written from: two people, three items of intelligence, an angle and an audience.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/json.h"
#include "task/text_measures.h"

namespace bantam {

struct PosterPerson {
  std::string first, last, job, faction;
  std::string sort;  // "woman", "man": which pronouns
  std::string name() const { return first + " " + last; }
};

// One deed in the three forms that a sentence may need: "sold ...", "selling ...", "sell ...".
struct PosterItem {
  std::string act;  // its id in the world
  std::string past, gerund, base;

  StemSet verbs;    // stems of the first words of the forms
  StemSet content;  // stems of the other words, function words apart
};

struct PosterRecord {
  PosterPerson sender, target;
  std::array<PosterItem, 3> items;
  std::string angle, audience;  // ids

  // From the nodes of a sample of models/house/posters.yaml, or from a game state of the same form: sender, target, item_one,
  // item_two, item_three, angle.id, audience.id. kFormat naming what is missing.
  static PosterRecord FromNodes(const Json& nodes);
};

// Whether a sentence tells an item in full: one of the verb's forms and every content word.
bool Tells(const StemSet& sentence, const PosterItem& item);

}  // namespace bantam
