// The rubric of the poster task as code: what a judge would refuse, as far as closed lists can see it. It gates posters at
// run time (a refusal costs one more attempt, a wrong acceptance reaches the player) and measures models.
//
//   length        words within the window
//   closed_names  capitalised words only from the record and the world; no name made of two people's; one nickname
//   items         each of the three items in a sentence, in full and not denied
//   foreign_items no other act of the world, nobody and no time that the items do not have
//   angle         markers of the angle, none of another
//   audience      markers of the audience, none of another
//   target        headline and body name the target and not the sender, the last line the sender and not the target
//   pronouns      those of the target only
//   leakage       no parts of records or templates, no digits
//   repetition    no sentence and no long run of words twice
//   ending        headline, body and signature; the last sentence is complete
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "task/poster_record.h"
#include "task/poster_world.h"
#include "task/rubric.h"

namespace bantam {

class PosterRubric {
 public:
  // The folder that has world.yaml and rubric.yaml: models/house.
  static PosterRubric Open(const std::filesystem::path& folder) { return PosterRubric(PosterWorld::Open(folder)); }

  RubricResult Judge(const PosterRecord& record, std::string_view poster) const;
  RubricResult Judge(const Json& nodes, std::string_view poster) const {
    return Judge(PosterRecord::FromNodes(nodes), poster);
  }

  const PosterWorld& world() const { return world_; }

 private:
  explicit PosterRubric(PosterWorld world) : world_(std::move(world)) {}
  PosterWorld world_;
};

}  // namespace bantam
