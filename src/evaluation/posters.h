// Posters judged by the rubric.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "evaluation/answers.h"
#include "task/poster_rubric.h"

namespace bantam {

struct PosterResult {
  Answers answers;
  std::vector<RubricResult> verdicts;  // [posters]
  std::vector<bool> passed;            // [posters]: every criterion holds
};

PosterResult JudgePosters(const PosterRubric& rubric, const std::vector<Sample>& samples, Answers answers);

// {criterion: "" where it holds, else the reason why not}
Json CriteriaJson(const RubricResult& verdict);

// The share that passed, of each criterion, by angle and audience.
Json ToJson(const PosterResult& result, const std::vector<Sample>& samples);

}  // namespace bantam
