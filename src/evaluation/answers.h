// A model's answers to a list of conversations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/thread_pool.h"
#include "evaluation/subject.h"
#include "runtime/sampler.h"
#include "task/sample.h"

namespace bantam {

struct AnswerOptions {
  SamplerOptions
      sampler;  // its seed is mixed with the index of each prompt: all models answer a prompt with the same draws
  int64_t max_tokens = 0;
};

struct Answer {
  std::string text;
  int64_t tokens = 0;  // sampled, the one that ended the answer included
  bool ended = true;   // by the model, not by max_tokens or a full context
};

struct Answers {
  std::vector<Answer> answers;  // [prompts]
  double seconds = 0.0;         // wall time of all

  int64_t tokens() const;
};

// {"count", "tokens", "unended", "seconds"}
Json ToJson(const Answers& answers);

// The tokens of each sample's conversation up to where its last answer stands, as training saw them. kUnsupported when the
// tokenizer has no chat template, kFormat naming the sample when it holds no conversation that ends in an answer.
std::vector<std::vector<int32_t>> EncodePrompts(const Subject& subject, const std::vector<Sample>& samples);

// `what` is shown as progress. Answers depend neither on the number of threads nor on the other prompts.
Answers AnswerAll(const Subject& subject, const std::vector<std::vector<int32_t>>& prompts,
                  const AnswerOptions& options, ThreadPool& pool, const std::string& what);

}  // namespace bantam
