#include "base/cancel.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "base/error.h"

namespace bantam {
namespace {

std::atomic<bool> cancel_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the flag is set inside a signal handler");

void HandleSignal(int) {
  if (cancel_requested.exchange(true)) _exit(ExitStatus(ErrorCode::kCancelled));
}

}  // namespace

void InstallCancelHandler() {
  struct sigaction action{};
  action.sa_handler = HandleSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a read that waits for the keyboard ends too
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool CancelRequested() noexcept { return cancel_requested.load(std::memory_order_relaxed); }
void RequestCancel() noexcept { cancel_requested.store(true); }
void ClearCancel() noexcept { cancel_requested.store(false); }

void ThrowIfCancelled() {
  if (CancelRequested()) Fail(ErrorCode::kCancelled, "cancelled");
}

}  // namespace bantam
