// The criteria of the poster rubric, one function each. What each asks stands in poster_rubric.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "task/poster_record.h"
#include "task/poster_world.h"
#include "task/rubric.h"
#include "task/text_measures.h"

namespace bantam {

struct PosterSentence {
  std::string_view text;
  StemSet stems;
  std::string plain;  // " its words in lower case, one space around each "
};

// A poster cut up once for all criteria.
struct PosterText {
  explicit PosterText(std::string_view text);

  std::string_view text;
  std::vector<std::string_view> lines;  // that are not empty: headline, body, signature
  std::vector<Word> words;
  std::vector<PosterSentence> sentences;
  StemSet stems;
};

// " the words of a text in lower case ", to look for phrases as whole words.
std::string SpacedWords(std::string_view text);

// Form (poster_form.cc).
Criterion CheckLength(const PosterLimits& limits, const PosterText& poster);
Criterion CheckLeakage(const PosterLimits& limits, const PosterText& poster);
Criterion CheckRepetition(const PosterLimits& limits, const PosterRecord& record, const PosterText& poster);
Criterion CheckEnding(const PosterText& poster);
Criterion CheckMarkers(std::string name, const MarkerList& own, const std::vector<MarkerList>& all, int64_t least,
                       const PosterText& poster);

// Facts (poster_facts.cc).
Criterion CheckItems(const PosterRecord& record, const PosterText& poster);
Criterion CheckForeignItems(const PosterWorld& world, const PosterRecord& record, const PosterText& poster);

// People (poster_people.cc).
Criterion CheckNames(const PosterWorld& world, const PosterRecord& record, const PosterText& poster);
Criterion CheckTarget(const PosterRecord& record, const PosterText& poster);
Criterion CheckPronouns(const PosterWorld& world, const PosterRecord& record, const PosterText& poster);

// Nicknames as they stand in the text: "Sticky-Fingers".
std::vector<std::string> Coinages(const std::vector<Word>& words);

}  // namespace bantam
