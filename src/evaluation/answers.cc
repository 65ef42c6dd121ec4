#include "evaluation/answers.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/cancel.h"
#include "base/error.h"
#include "evaluation/prompt_loop.h"
#include "runtime/generate.h"
#include "task/hash.h"
#include "train/chat_documents.h"

namespace bantam {

int64_t Answers::tokens() const {
  int64_t sum = 0;
  for (const Answer& answer : answers) sum += answer.tokens;
  return sum;
}

Json ToJson(const Answers& answers) {
  const auto unended =
      std::count_if(answers.answers.begin(), answers.answers.end(), [](const Answer& answer) { return !answer.ended; });
  return {{"count", answers.answers.size()},
          {"tokens", answers.tokens()},
          {"unended", unended},
          {"seconds", answers.seconds}};
}

std::vector<std::vector<int32_t>> EncodePrompts(const Subject& subject, const std::vector<Sample>& samples) {
  const ChatEncoder encoder(*subject.tokenizer);
  std::vector<std::vector<int32_t>> prompts;
  for (const Sample& sample : samples) {
    const std::string where = fmt::format("sample {}", sample.id);
    if (sample.messages.size() < 2 || sample.messages.back().role != "assistant") {
      Fail(ErrorCode::kFormat, "is no conversation that ends in an answer", where,
           "the graph's output must have messages, the last one of the assistant");
    }
    Json messages = Json::array();
    for (const Message& message : sample.messages) {
      messages.push_back({{"role", message.role}, {"content", message.content}});
    }
    messages.erase(messages.size() - 1);
    prompts.push_back(encoder.Prompt(messages, where));
  }
  return prompts;
}

Answers AnswerAll(const Subject& subject, const std::vector<std::vector<int32_t>>& prompts,
                  const AnswerOptions& options, ThreadPool& pool, const std::string& what) {
  const auto start = std::chrono::steady_clock::now();
  Answers result;
  result.answers.resize(prompts.size());
  ForEachPrompt(subject, prompts, options.max_tokens, pool, what,
                [&](int64_t index, Session& session, std::span<const int32_t> rest) {
                  GenerateOptions generate;
                  generate.max_tokens = options.max_tokens;
                  generate.sampler = options.sampler;
                  generate.sampler.seed = Combine(options.sampler.seed, static_cast<uint64_t>(index));
                  generate.cancelled = CancelRequested;
                  GenerateResult generated = Generate(session, *subject.tokenizer, rest, generate);
                  if (generated.finish_reason == FinishReason::kCancelled) ThrowIfCancelled();
                  result.answers[static_cast<size_t>(index)] = {std::move(generated.text),
                                                                generated.timings.predicted_n,
                                                                generated.finish_reason == FinishReason::kStop};
                });
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace bantam
