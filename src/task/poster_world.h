// The closed lists that posters are held against: models/house/world.yaml as the rubric needs it, and the numbers of
// models/house/rubric.yaml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "task/text_measures.h"

namespace bantam {

// An angle or an audience.
struct MarkerList {
  std::string id;
  std::vector<std::string> words;
  StemSet stems;
  std::set<std::string, std::less<>> nickname_words;  // an angle's: what its coined nicknames are made of
};

// What a character may have done. A sentence speaks of it when it has one of the verb's forms and every key.
struct PosterAct {
  std::string id;
  StemSet verbs, keys;
  bool IsIn(const StemSet& sentence) const;
};

struct PosterLimits {
  int64_t least_words = 0, most_words = 0;
  int64_t angle_markers = 0, audience_markers = 0;
  int64_t repeated_words = 0;
  std::vector<std::string> leaks;
};

class PosterWorld {
 public:
  // Reads world.yaml and rubric.yaml of a folder.
  static PosterWorld Open(const std::filesystem::path& folder);

  const MarkerList& angle(std::string_view id) const;  // kFormat when there is none
  const MarkerList& audience(std::string_view id) const;
  const std::vector<MarkerList>& angles() const { return angles_; }
  const std::vector<MarkerList>& audiences() const { return audiences_; }
  const std::vector<PosterAct>& acts() const { return acts_; }
  const PosterLimits& limits() const { return limits_; }

  // Whether a capitalised word belongs to the world: places, factions, titles, days.
  bool IsKnownCapital(std::string_view word) const { return capitals_.contains(word); }
  // Whether the world has a person with this first or last name.
  bool IsPersonName(std::string_view word) const { return person_names_.contains(word); }
  // Phrases for other people ("the ferryman") and for times ("at midnight") that acts are filled with.
  const std::vector<std::string>& people() const { return people_; }
  const std::vector<std::string>& times() const { return times_; }
  // Pronouns of a sort ("woman"), and of all others.
  const std::set<std::string, std::less<>>& pronouns_of_others(std::string_view sort) const;

 private:
  using Words = std::set<std::string, std::less<>>;
  void ReadWorld(const std::filesystem::path& file);
  void ReadLimits(const std::filesystem::path& file);

  std::vector<MarkerList> angles_, audiences_;
  std::vector<PosterAct> acts_;
  PosterLimits limits_;
  Words capitals_, person_names_;
  std::vector<std::string> people_, times_;
  std::vector<std::pair<std::string, Words>> pronouns_of_others_;
};

}  // namespace bantam
