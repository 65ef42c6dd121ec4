// How much of a model's posters it knew word for word: the mean share of their 8-grams that stand in the training posters, names
// and items masked (overlap.h). A grammar repeats its sentences, so posters that nobody trained on share n-grams with training
// too: those of the test split say how many, and only what a model has beyond that is memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/json.h"
#include "base/thread_pool.h"
#include "evaluation/answers.h"
#include "task/content_graph.h"
#include "task/overlap.h"

namespace bantam {

// Posters that a model was trained on: the first `count` samples of a graph's train split.
struct TrainingPosters {
  std::filesystem::path graph;
  int64_t count = 0;
  uint64_t seed = 0;
};

class TrainingOverlap {
 public:
  // Draws the training posters again. Throws what ContentGraph::Open does.
  TrainingOverlap(const std::vector<TrainingPosters>& training, ThreadPool& pool);

  // {"generated", "held_out", "difference", "stderr", "training_posters"}: shares; "difference" is paired by sample, with its
  // standard error.
  Json Measure(const std::vector<Sample>& samples, const Answers& answers) const;

 private:
  OverlapIndex index_;
  int64_t count_ = 0;
};

}  // namespace bantam
