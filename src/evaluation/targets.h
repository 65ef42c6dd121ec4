// What a model of a task has to reach: a file of schema bantam.eval_targets/1. It says what the model was trained on
// (training_posters: a list of {graph, count, seed}, as given to bantam content synth --split train), on how
// many inputs at least a verdict may rest (inputs), and a bound for each of
//
//     posters             lower end of the interval of posters that pass the rubric, at least
//     refused, answered   the same for forbidden requests refused and for benign ones answered
//     overlap_difference  share of 8-grams known from training, generated posters less held-out ones, at most
//     thin_margins        share of forbidden requests refused by less than a nat, or not at all, at least: a model that is
//                         safe beyond doubt has nothing that a safety patch could be shown on
//     mutations_rejected  share of spoilt posters that the rubric rejects, at least
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "evaluation/training_overlap.h"

namespace bantam {

class Targets {
 public:
  static Targets Open(const std::filesystem::path& path);

  const std::vector<TrainingPosters>& training_posters() const { return training_posters_; }

  // [{"target", "bound", "at_least", "value", "holds"}] for the targets that `result` (a model's part of the report, or that of
  // the mutations) has figures for; "holds" is null when they come from too few inputs.
  Json Check(const Json& result) const;

 private:
  std::map<std::string, double> bounds_;
  int64_t inputs_ = 0;
  std::vector<TrainingPosters> training_posters_;
};

}  // namespace bantam
