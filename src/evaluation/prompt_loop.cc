#include "evaluation/prompt_loop.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/error.h"
#include "base/progress.h"

namespace bantam {
namespace {

int64_t ContextFor(const Subject& subject, std::span<const std::vector<int32_t>> prompts, int64_t room) {
  size_t longest = 0;
  for (const std::vector<int32_t>& prompt : prompts) {
    if (prompt.empty()) Fail(ErrorCode::kInternal, "a prompt without tokens", subject.name);
    longest = std::max(longest, prompt.size());
  }
  const auto prompt_tokens = static_cast<int64_t>(longest);
  const int64_t trained = subject.weights->architecture().context_length;
  if (prompt_tokens >= trained) {
    Fail(ErrorCode::kUsage,
         fmt::format("a prompt of {} tokens leaves no room in the context of {}", prompt_tokens, trained),
         subject.name);
  }
  return std::min(prompt_tokens + room, trained);
}

}  // namespace

void ForEachPrompt(const Subject& subject, std::span<const std::vector<int32_t>> prompts, int64_t room,
                   ThreadPool& pool, const std::string& what, const PromptBody& body) {
  if (prompts.empty()) return;
  const int64_t context = ContextFor(subject, prompts, room), count = static_cast<int64_t>(prompts.size());
  Progress progress(what, "prompts", prompts.size());
  std::mutex progress_mutex;
  std::atomic<int64_t> next{0};
  const auto work = [&] {
    std::unique_ptr<Session> session;
    std::span<const int32_t> held;
    for (int64_t index = next++; index < count; index = next++) {
      if (!session) {
        session = Session::Create(subject.weights, {.context = context, .pool = std::make_shared<ThreadPool>(1)});
      }
      const std::span<const int32_t> prompt = prompts[static_cast<size_t>(index)];
      // The last token is always evaluated: its logits are needed.
      const auto shared =
          std::mismatch(held.begin(), held.end(), prompt.begin(), prompt.end() - 1).first - held.begin();
      session->Truncate(shared);
      held = prompt;
      body(index, *session, prompt.subspan(static_cast<size_t>(shared)));
      const std::lock_guard lock(progress_mutex);
      progress.Advance();
    }
  };
  pool.Run(pool.threads(), [&](int64_t) {
    try {
      work();
    } catch (...) {
      next = count;  // the others stop at their next prompt
      throw;
    }
  });
}

}  // namespace bantam
