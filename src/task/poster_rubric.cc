#include "task/poster_rubric.h"

#include "task/poster_criteria.h"

namespace bantam {

RubricResult PosterRubric::Judge(const PosterRecord& record, std::string_view poster) const {
  const PosterText text(poster);
  const PosterLimits& limits = world_.limits();
  return {
      {CheckLength(limits, text), CheckNames(world_, record, text), CheckItems(record, text),
       CheckForeignItems(world_, record, text),
       CheckMarkers("angle", world_.angle(record.angle), world_.angles(), limits.angle_markers, text),
       CheckMarkers("audience", world_.audience(record.audience), world_.audiences(), limits.audience_markers, text),
       CheckTarget(record, text), CheckPronouns(world_, record, text), CheckLeakage(limits, text),
       CheckRepetition(limits, record, text), CheckEnding(text)}};
}

}  // namespace bantam
