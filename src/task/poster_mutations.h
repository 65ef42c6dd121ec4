// Good posters made wrong in one known way: what a rubric must refuse. They measure its false acceptances.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "task/poster_record.h"
#include "task/poster_world.h"

namespace bantam {

enum class PosterMutation {
  kDropItem,      // the sentences that tell one item are gone
  kForeignItem,   // an item of the donor in the place of one of the record
  kSwapName,      // one mention of the target by first or last name names the donor's target
  kSwapAngle,     // the markers of the angle become those of the donor's
  kSwapAudience,  // likewise for the audience
  kRepeat,        // a sentence of the body comes again at its end
};
inline constexpr std::array kPosterMutations = {PosterMutation::kDropItem,     PosterMutation::kForeignItem,
                                                PosterMutation::kSwapName,     PosterMutation::kSwapAngle,
                                                PosterMutation::kSwapAudience, PosterMutation::kRepeat};

std::string_view Name(PosterMutation kind);  // "drop_item", ...

// `poster` must be good for `record`. kUsage when there is nothing to change, or the donor is too like the record to give
// anything else (the same angle, no other act, the same names).
std::string Mutate(PosterMutation kind, const PosterWorld& world, const PosterRecord& record, std::string_view poster,
                   Rng& rng, const PosterRecord& donor);

}  // namespace bantam
