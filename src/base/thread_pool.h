// A pool of threads for loops whose work is cut into parts before anyone knows how many threads there are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace bantam {

// Cores of this process's affinity mask without their SMT siblings: the default number of threads.
int PhysicalCores();

class ThreadPool {
 public:
  // threads >= 1; 0 means PhysicalCores(). The calling thread is one of them.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(part) for every part in [0, parts), in any order, and returns when all are done. The result must not
  // depend on who ran which part. The first exception thrown is rethrown here after the others finished. Not reentrant:
  // a body that calls Run runs the inner parts itself.
  void Run(int64_t parts, const std::function<void(int64_t part)>& body);

  // Cuts [0, count) into pieces of `grain` (the last may be shorter) and runs body(begin, end) for each.
  void ForRanges(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bantam
