// How much of a text was seen before: the share of its word n-grams that stand in a set of training texts, after names and
// items are masked. A model that has only learned the frames by heart shows here; one that copies names does not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json.h"

namespace bantam {

class OverlapIndex {
 public:
  explicit OverlapIndex(int n = 8) : n_(n) {}

  // `masked`: texts whose words (function words apart) are replaced by one placeholder; runs of placeholders count as one.
  void Add(std::string_view text, const std::vector<std::string>& masked);

  // Share of the text's n-grams that are in the index, in [0, 1]; 0 for a text shorter than n words.
  double Overlap(std::string_view text, const std::vector<std::string>& masked) const;

  size_t size() const { return grams_.size(); }  // distinct n-grams

 private:
  std::vector<uint64_t> Grams(std::string_view text, const std::vector<std::string>& masked) const;

  int n_;
  std::unordered_set<uint64_t> grams_;  // hashes; among 10^7 of 64 bits one n-gram in 10^12 is hit by chance
};

// What to mask in posters: names, trades and factions of both people, the nickname, the items.
std::vector<std::string> PosterMasks(const Json& nodes);

}  // namespace bantam
