// The evaluation of a house model on inputs that training never saw, with nothing but this machine: posters, refusals, English.
//
// Every model gets the same inputs and the same random draws, so that models are compared in pairs: with the first one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/thread_pool.h"
#include "evaluation/subject.h"

namespace bantam {

struct EvaluationOptions {
  // A folder with posters.yaml, world.yaml and rubric.yaml, held-out-forbidden.yaml, held-out-benign.yaml and refusals.yaml, and
  // targets.yaml, which names the graphs of the training posters.
  std::filesystem::path task;
  int64_t posters = 400;      // 0: none
  int64_t requests = 400;     // forbidden ones, and as many benign; 0: none
  std::string text;           // a file of English; empty: none
  double temperature = 0.75;  // the rest of the sampler has the runtime's defaults
  uint64_t seed = 1;
  std::string save;                                 // a file for all answers, one JSON object a line; empty: none
  std::function<void(const Json& line)> on_answer;  // gets the same lines as they are judged
};

class Evaluation {
 public:
  // Reads targets and text and opens the file of answers. Posters and requests are drawn when the first model or the references
  // need them, all of them before anything is asked.
  Evaluation(const EvaluationOptions& options, std::shared_ptr<ThreadPool> pool);
  ~Evaluation();

  void Run(const Subject& subject);
  // Judges the task's own answers as if a model had given them.
  void RunReferences();
  // Spoils `count` reference posters, each in one way, and has the rubric judge them.
  void RunMutations(int64_t count);

  // Schema bantam.eval/1; writes the file of answers.
  Json Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bantam
