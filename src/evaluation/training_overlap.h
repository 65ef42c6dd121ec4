// How much of a model's posters it knew word for word: the mean share of their 8-grams that stand in the training posters, names
// and items masked (overlap.h). A grammar repeats its sentences, so posters that nobody trained on share n-grams with training
// too: those of the test split say how many, and only what a model has beyond that is memory.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "base/thread_pool.h"
#include "evaluation/answers.h"
#include "task/content_graph.h"
#include "task/overlap.h"

namespace bantam {

class TrainingOverlap {
 public:
  // Draws the training posters again: `count` samples of the train split, by the seed that training used.
  TrainingOverlap(const ContentGraph& graph, int64_t count, uint64_t seed, ThreadPool& pool);

  // {"generated", "held_out", "difference", "stderr", "training_posters"}: shares; "difference" is paired by sample, with its
  // standard error.
  Json Measure(const std::vector<Sample>& samples, const Answers& answers) const;

 private:
  OverlapIndex index_;
  int64_t count_;
};

}  // namespace bantam
