// The rubric on posters that are known to be bad: its false acceptances, which are what reaches a player.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "task/content_graph.h"
#include "task/poster_mutations.h"
#include "task/poster_rubric.h"

namespace bantam {

struct SpoiltPoster {
  Sample sample;  // whose poster was good
  PosterMutation mutation;
  std::string text;
  RubricResult verdict;  // should not pass
};

// Spoils posters of the test split that the rubric accepts, each in one way, all ways in turn, with the next samples as donors
// of what does not belong there.
std::vector<SpoiltPoster> SpoilPosters(const PosterRubric& rubric, const ContentGraph& graph, int64_t count,
                                       uint64_t seed);

// {"rejected": share, "by_kind": {mutation: share}}
Json ToJson(const std::vector<SpoiltPoster>& posters);

}  // namespace bantam
