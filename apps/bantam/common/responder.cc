#include "common/responder.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"

namespace bantam::cli {

Responder::Responder(std::shared_ptr<const RuntimeModel> model, std::shared_ptr<const Tokenizer> tokenizer,
                     const SessionOptions& session)
    : tokenizer_(std::move(tokenizer)), session_(Session::Create(std::move(model), session)) {}

void Responder::RequireRoom(std::span<const int32_t> prompt) const {
  if (prompt.empty()) Fail(ErrorCode::kUsage, "the prompt has no tokens", "--prompt");
  if (static_cast<int64_t>(prompt.size()) > context()) {
    Fail(ErrorCode::kUsage, fmt::format("the prompt has {} tokens, the context holds {}", prompt.size(), context()),
         "--prompt", "shorten it or raise --ctx-size");
  }
}

Response Responder::Answer(std::span<const int32_t> prompt, const GenerateOptions& options) {
  RequireRoom(prompt);
  // The last token is always evaluated: its logits are needed.
  const auto shared = std::mismatch(held_.begin(), held_.end(), prompt.begin(), prompt.end() - 1).first;
  Response response;
  response.cached = shared - held_.begin();
  session_->Truncate(response.cached);
  held_.clear();  // unknown until Generate returns
  response.result = Generate(*session_, *tokenizer_, prompt.subspan(response.cached), options);
  held_.assign(prompt.begin(), prompt.end());
  held_.insert(held_.end(), response.result.tokens.begin(), response.result.tokens.end());
  held_.resize(static_cast<size_t>(session_->position()));
  response.context_full = response.result.finish_reason == FinishReason::kLength &&
                          static_cast<int64_t>(response.result.tokens.size()) != options.max_tokens;
  return response;
}

}  // namespace bantam::cli
