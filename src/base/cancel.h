// Ctrl-C: a flag that long work asks now and then, so that it ends by an exception and every destructor cleans up.
#pragma once

namespace bantam {

// SIGINT and SIGTERM set the flag; a second signal ends the process at once. Programs call this; the library never
// does.
void InstallCancelHandler();

bool CancelRequested() noexcept;
void RequestCancel() noexcept;
void ClearCancel() noexcept;  // the interactive chat goes on after a cancelled answer

// Throws Error kCancelled when the flag is set.
void ThrowIfCancelled();

}  // namespace bantam
