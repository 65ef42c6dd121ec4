#include "runtime/generate.h"

#include <chrono>
#include <limits>

#include "base/error.h"
#include "runtime/stop_filter.h"

namespace bantam {
namespace {

double Milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

SamplerOptions ForSampling(const GenerateOptions& options, const Tokenizer& tokenizer) {
  SamplerOptions sampler = options.sampler;
  if (!options.ignore_eos) return sampler;
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    if (tokenizer.IsEndOfGeneration(id)) sampler.logit_bias.emplace_back(id, -std::numeric_limits<double>::infinity());
  }
  return sampler;
}

// One answer while it grows.
class Answer {
 public:
  Answer(Session& session, const Tokenizer& tokenizer, const GenerateOptions& options)
      : session_(session),
        tokenizer_(tokenizer),
        options_(options),
        sampler_(ForSampling(options, tokenizer)),
        decoder_(tokenizer, {.continues = true, .clean_up_spaces = {}}),
        filter_(options.stop) {}

  GenerateResult Run(std::span<const int32_t> prompt) {
    auto start = std::chrono::steady_clock::now();
    for (const int32_t token : prompt) sampler_.Accept(token);
    const int64_t before = session_.position();
    try {
      auto logits = session_.Forward(prompt, options_.cancelled);
      result_.timings.prompt_n = session_.position() - before;
      result_.timings.prompt_ms = Milliseconds(start);
      start = std::chrono::steady_clock::now();
      while (!Finished(logits)) logits = session_.Forward({&result_.tokens.back(), 1}, options_.cancelled);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCancelled) throw;
      result_.finish_reason = FinishReason::kCancelled;
    }
    if (!filter_.stopped()) {
      Emit(filter_.Push(decoder_.Finish()));
      Emit(filter_.Finish());
    }
    if (result_.timings.prompt_n == 0) {  // cancelled within the prompt
      result_.timings.prompt_n = session_.position() - before;
      result_.timings.prompt_ms = Milliseconds(start);
    } else {
      result_.timings.predicted_n = static_cast<int64_t>(result_.tokens.size());
      result_.timings.predicted_ms = Milliseconds(start);
    }
    return std::move(result_);
  }

 private:
  // Samples a token; true when the answer ends here.
  bool Finished(std::span<const float> logits) {
    if (options_.max_tokens == 0) return Finish(FinishReason::kLength);
    if (options_.cancelled && options_.cancelled()) return Finish(FinishReason::kCancelled);
    const int32_t token = sampler_.Sample(logits);
    sampler_.Accept(token);
    result_.tokens.push_back(token);
    if (tokenizer_.IsEndOfGeneration(token)) return Finish(FinishReason::kStop);
    Emit(filter_.Push(decoder_.Push(token)));
    if (filter_.stopped()) return Finish(FinishReason::kStop);
    const bool enough = static_cast<int64_t>(result_.tokens.size()) == options_.max_tokens;
    if (enough || session_.position() == session_.context()) return Finish(FinishReason::kLength);
    return false;
  }

  bool Finish(FinishReason reason) {
    result_.finish_reason = reason;
    return true;
  }

  void Emit(const std::string& text) {
    if (text.empty()) return;
    result_.text += text;
    if (options_.stream) options_.stream(text);
  }

  Session& session_;
  const Tokenizer& tokenizer_;
  const GenerateOptions& options_;
  Sampler sampler_;
  StreamDecoder decoder_;
  StopFilter filter_;
  GenerateResult result_;
};

}  // namespace

std::string_view FinishReasonName(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

GenerateResult Generate(Session& session, const Tokenizer& tokenizer, std::span<const int32_t> prompt,
                        const GenerateOptions& options) {
  if (options.max_tokens < -1) {
    Fail(ErrorCode::kUsage, std::to_string(options.max_tokens) + " tokens to generate", "max_tokens",
         "-1 (until the context is full), 0 or more");
  }
  return Answer(session, tokenizer, options).Run(prompt);
}

}  // namespace bantam
