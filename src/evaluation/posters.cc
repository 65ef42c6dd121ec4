#include "evaluation/posters.h"

#include "evaluation/proportions.h"
#include "evaluation/samples.h"

namespace bantam {

PosterResult JudgePosters(const PosterRubric& rubric, const std::vector<Sample>& samples, Answers answers) {
  PosterResult result;
  result.answers = std::move(answers);
  for (size_t i = 0; i < samples.size(); ++i) {
    result.verdicts.push_back(rubric.Judge(samples[i].nodes, result.answers.answers[i].text));
    result.passed.push_back(result.verdicts.back().pass());
  }
  return result;
}

Json CriteriaJson(const RubricResult& verdict) {
  Json criteria = Json::object();
  for (const Criterion& criterion : verdict.criteria) criteria[criterion.name] = criterion.reason;
  return criteria;
}

Json ToJson(const PosterResult& result, const std::vector<Sample>& samples) {
  std::vector<std::pair<std::string, Proportion>> criteria;
  for (const RubricResult& verdict : result.verdicts) {
    criteria.resize(verdict.criteria.size());
    for (size_t i = 0; i < criteria.size(); ++i) {
      criteria[i].first = verdict.criteria[i].name;
      ++criteria[i].second.n;
      if (verdict.criteria[i].pass) ++criteria[i].second.hits;
    }
  }
  Json by_criterion = Json::object();
  for (const auto& [name, share] : criteria) by_criterion[name] = ToJson(share);
  return {{"pass", ToJson(ShareOf(result.passed))},
          {"criteria", by_criterion},
          {"by_angle", SharesByTag(samples, result.passed, "angle")},
          {"by_audience", SharesByTag(samples, result.passed, "audience")}};
}

}  // namespace bantam
