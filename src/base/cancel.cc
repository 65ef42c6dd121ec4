#include "base/cancel.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>

#include "base/error.h"

namespace bantam {
namespace {

std::atomic<bool> cancel_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the flag is set inside a signal handler");

void HandleSignal(int) {
  if (cancel_requested.exchange(true)) _exit(ExitStatus(ErrorCode::kCancelled));
}

// The handler gets a stack of its own. On the interrupted one its frame would lie below the red zone, where generated code of
// oneDNN's sgemm keeps values while it runs: Ctrl-C then broke the heap now and then.
void UseStackOfItsOwn() {
  constexpr size_t kStackBytes = size_t{1} << 16;  // a frame with AVX-512 state takes 4 KiB
  alignas(64) static std::byte memory[kStackBytes];
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kStackBytes;
  sigaltstack(&stack, nullptr);
}

sigset_t CancelSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

void InstallCancelHandler() {
  UseStackOfItsOwn();
  struct sigaction action{};
  action.sa_handler = HandleSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_ONSTACK;  // no SA_RESTART: a read that waits for the keyboard ends too
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

WithoutCancelSignals::WithoutCancelSignals() {
  const sigset_t signals = CancelSignals();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}
WithoutCancelSignals::~WithoutCancelSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool CancelRequested() noexcept { return cancel_requested.load(std::memory_order_relaxed); }
void RequestCancel() noexcept { cancel_requested.store(true); }
void ClearCancel() noexcept { cancel_requested.store(false); }

void ThrowIfCancelled() {
  if (CancelRequested()) Fail(ErrorCode::kCancelled, "cancelled");
}

}  // namespace bantam
