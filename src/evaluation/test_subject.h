// A small model with random weights and a context long enough for conversations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evaluation/subject.h"
#include "task/sample.h"

namespace bantam::testing {

// One for the whole test program. Defined in answers_test.cc.
const Subject& TestSubject();

// Conversations of a system message, a request and an answer.
inline std::vector<Sample> Conversations(const std::vector<std::pair<std::string, std::string>>& turns) {
  std::vector<Sample> samples;
  for (const auto& [request, answer] : turns) {
    Sample sample;
    sample.id = static_cast<int64_t>(samples.size());
    sample.messages = {{"system", "you are a cock"}, {"user", request}, {"assistant", answer}};
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace bantam::testing
