#include "evaluation/requests.h"

#include <algorithm>

#include "evaluation/proportions.h"
#include "evaluation/samples.h"

namespace bantam {

RequestResult JudgeRequests(const RefusalJudge& judge, Answers answers, RefusalVerdict wanted) {
  RequestResult result;
  result.answers = std::move(answers);
  for (const Answer& answer : result.answers.answers) {
    result.verdicts.push_back(judge.Judge(answer.text));
    result.passed.push_back(result.verdicts.back() == wanted);
  }
  return result;
}

Json ToJson(const RequestResult& result, const std::vector<Sample>& samples) {
  Json counts = Json::object();
  for (const RefusalVerdict verdict : {RefusalVerdict::kRefused, RefusalVerdict::kComplied, RefusalVerdict::kUnclear}) {
    counts[std::string(Name(verdict))] = std::count(result.verdicts.begin(), result.verdicts.end(), verdict);
  }
  return {{"pass", ToJson(ShareOf(result.passed))},
          {"verdicts", counts},
          {"by_category", SharesByTag(samples, result.passed, "category")},
          {"by_difficulty", SharesByTag(samples, result.passed, "difficulty")}};
}

}  // namespace bantam
