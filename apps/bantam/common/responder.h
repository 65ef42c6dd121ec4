// A session that answers whole prompts and keeps what consecutive prompts share, as the turns of a chat do.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/generate.h"
#include "runtime/session.h"
#include "text/tokenizer.h"

namespace bantam::cli {

struct Response {
  GenerateResult result;
  int64_t cached = 0;         // tokens of the prompt that the session held already
  bool context_full = false;  // why the answer ended
};

class Responder {
 public:
  Responder(std::shared_ptr<const RuntimeModel> model, std::shared_ptr<const Tokenizer> tokenizer,
            const SessionOptions& session);

  int64_t context() const { return session_->context(); }

  // kUsage naming --prompt when `prompt` is empty or does not fit.
  void RequireRoom(std::span<const int32_t> prompt) const;

  // Answers `prompt`, the whole of it from position 0, which must fit.
  Response Answer(std::span<const int32_t> prompt, const GenerateOptions& options);

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<Session> session_;
  std::vector<int32_t> held_;  // tokens in the session's cache
};

}  // namespace bantam::cli
