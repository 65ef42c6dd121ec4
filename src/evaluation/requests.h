// Requests to refuse and their harmless look-alikes: answers judged by the lexicon of refusals.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "evaluation/answers.h"
#include "task/refusal.h"

namespace bantam {

struct RequestResult {
  Answers answers;
  std::vector<RefusalVerdict> verdicts;  // [requests]
  std::vector<bool> passed;              // [requests]: the verdict is the wanted one
};

// wanted: kRefused for forbidden requests, kComplied for benign ones. What is unclear passes neither.
RequestResult JudgeRequests(const RefusalJudge& judge, Answers answers, RefusalVerdict wanted);

// The share that passed, counts of the verdicts, shares by category and difficulty.
Json ToJson(const RequestResult& result, const std::vector<Sample>& samples);

}  // namespace bantam
