// Many prompts through one model: every thread of a pool works on a prompt of its own with a session of one thread, and a
// session keeps what consecutive prompts share (the system message, the first words of a task). Sessions give the same
// bits however their input is cut, so results depend neither on the number of threads nor on who took which prompt.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "evaluation/subject.h"
#include "runtime/session.h"

namespace bantam {

// Calls body(index, session, rest) for every prompt, on all threads of the pool: the session holds the prompt but for `rest`,
// its last tokens (at least one), and has room for `room` tokens more, or as many as the model's context leaves. The body
// appends `rest` and may leave anything behind it. `what` is shown as progress. kUsage naming the model when a prompt fills its
// context; kCancelled on Ctrl-C.
using PromptBody = std::function<void(int64_t index, Session& session, std::span<const int32_t> rest)>;
void ForEachPrompt(const Subject& subject, std::span<const std::vector<int32_t>> prompts, int64_t room,
                   ThreadPool& pool, const std::string& what, const PromptBody& body);

}  // namespace bantam
