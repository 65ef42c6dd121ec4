// Progress with an estimate on standard error for anything that takes longer than two seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bantam {

// On a terminal one line redrawn at most ten times a second; elsewhere a line every 30 seconds. Nothing is printed in
// the first two seconds, nor when progress is switched off. Advance also asks ThrowIfCancelled().
class Progress {
 public:
  // total: units of work; `what` is shown ("Converting"), `unit` names what is counted ("tensors").
  Progress(std::string what, std::string unit, uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Advance(uint64_t units = 1, const std::string& detail = {});

  static void SetEnabled(bool enabled);  // false under --quiet; also off in tests

 private:
  void Draw(const std::string& detail);

  std::string what_, unit_;
  uint64_t total_, done_ = 0;
  std::chrono::steady_clock::time_point start_, last_;
  bool terminal_, drawn_ = false;
};

}  // namespace bantam
