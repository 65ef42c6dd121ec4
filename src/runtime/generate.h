// Text from a prompt: the loop of sampling and decoding, its stop conditions and its timings. The text continues the prompt's:
// a space between the two belongs to it.
//
// A context that fills up ends the answer ("length"); nothing is dropped or shifted behind the caller's back. A prompt that
// does not fit is an error of Session::Forward.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sampler.h"
#include "runtime/session.h"
#include "text/tokenizer.h"

namespace bantam {

struct GenerateOptions {
  int64_t max_tokens = -1;        // -1: until the context is full
  std::vector<std::string> stop;  // end the answer; they are not part of it
  bool ignore_eos = false;        // tokens that end an answer are never sampled
  SamplerOptions sampler;
  std::function<bool()> cancelled;                    // asked before every token and every chunk of the prompt
  std::function<void(std::string_view text)> stream;  // whole UTF-8 characters, as soon as they are certain
};

// As llama.cpp's "timings" block has it.
struct Timings {
  int64_t prompt_n = 0;  // tokens of the prompt that were processed
  double prompt_ms = 0.0;
  int64_t predicted_n = 0;  // tokens sampled, the one that ended the answer included
  double predicted_ms = 0.0;
  double prompt_per_second() const { return prompt_ms > 0.0 ? 1e3 * static_cast<double>(prompt_n) / prompt_ms : 0.0; }
  double predicted_per_second() const {
    return predicted_ms > 0.0 ? 1e3 * static_cast<double>(predicted_n) / predicted_ms : 0.0;
  }
};

enum class FinishReason {
  kStop,    // an end-of-generation token or a stop string
  kLength,  // max_tokens, or the context is full
  kCancelled,
};
std::string_view FinishReasonName(FinishReason reason);  // "stop", "length", "cancelled"

struct GenerateResult {
  std::string text;             // all that was streamed
  std::vector<int32_t> tokens;  // all that were sampled; the session has seen them but for the last one
  FinishReason finish_reason = FinishReason::kStop;
  Timings timings;
};

// Appends `prompt` (at least one token) to the session and answers it.
GenerateResult Generate(Session& session, const Tokenizer& tokenizer, std::span<const int32_t> prompt,
                        const GenerateOptions& options);

}  // namespace bantam
