// Ctrl-C: a flag that long work asks now and then, so that it ends by an exception and every destructor cleans up.
#pragma once

#include <signal.h>

namespace bantam {

// SIGINT and SIGTERM set the flag; a second signal ends the process at once. Programs call this; the library never
// does.
void InstallCancelHandler();

// Threads that are started in its life never run the handler: it has one stack, the installing thread's.
class WithoutCancelSignals {
 public:
  WithoutCancelSignals();
  ~WithoutCancelSignals();
  WithoutCancelSignals(const WithoutCancelSignals&) = delete;
  WithoutCancelSignals& operator=(const WithoutCancelSignals&) = delete;

 private:
  sigset_t before_;
};

bool CancelRequested() noexcept;
void RequestCancel() noexcept;
void ClearCancel() noexcept;  // the interactive chat goes on after a cancelled answer

// Throws Error kCancelled when the flag is set.
void ThrowIfCancelled();

}  // namespace bantam
