#include "base/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "base/cancel.h"
#include "base/units.h"

namespace bantam {
namespace {

std::atomic<bool> enabled{true};

double SecondsSince(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

Progress::Progress(std::string what, std::string unit, uint64_t total)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      start_(std::chrono::steady_clock::now()),
      last_(start_),
      terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (drawn_ && terminal_) std::fputs("\r\x1b[K", stderr);  // the line has served; results follow on standard output
}

void Progress::SetEnabled(bool on) { enabled = on; }

void Progress::Advance(uint64_t units, const std::string& detail) {
  done_ += units;
  ThrowIfCancelled();
  if (!enabled || SecondsSince(start_) < 2.0) return;
  if (drawn_ && SecondsSince(last_) < (terminal_ ? 0.1 : 30.0)) return;
  Draw(detail);
}

void Progress::Draw(const std::string& detail) {
  drawn_ = true;
  last_ = std::chrono::steady_clock::now();
  const double elapsed = SecondsSince(start_);
  std::string line = fmt::format("{}: {} of {} {}", what_, done_, total_, unit_);
  if (done_ > 0 && done_ < total_) {
    const double left = elapsed * static_cast<double>(total_ - done_) / static_cast<double>(done_);
    line += fmt::format(", about {} left", FormatDuration(left));
  }
  if (!detail.empty()) line += "  " + detail;
  std::fputs(terminal_ ? ("\r" + line + "\x1b[K").c_str() : (line + "\n").c_str(), stderr);
}

}  // namespace bantam
