#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/cancel.h"

namespace bantam {

int PhysicalCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  // SMT siblings share one line in thread_siblings_list, so distinct lines count the cores.
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings)) siblings = std::to_string(cpu);
    cores.insert(siblings);
  }
  return std::max<int>(1, static_cast<int>(cores.size()));
}

namespace {

thread_local bool inside_a_body =
    false;  // on any pool: an inner Run would wait for threads that are busy with the outer

}  // namespace

// One job at a time. A worker may take part in the current job only between its two counts `joined` and `left`, so Run
// knows when nobody touches the job any more.
struct ThreadPool::State {
  std::mutex run_mutex;  // one caller of Run at a time
  std::mutex mutex;
  std::condition_variable wake, done;
  uint64_t generation = 0;
  bool stop = false;
  const std::function<void(int64_t)>* body = nullptr;
  int64_t parts = 0;
  std::atomic<int64_t> next{0};
  int running = 0;
  std::exception_ptr error;
  std::vector<std::thread> workers;

  void RunParts(const std::function<void(int64_t)>& job, int64_t count) {
    inside_a_body = true;
    while (true) {
      const int64_t part = next.fetch_add(1, std::memory_order_relaxed);
      if (part >= count) break;
      try {
        job(part);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
    inside_a_body = false;
  }

  void WorkerLoop() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || generation != seen; });
      if (stop) return;
      seen = generation;
      if (body == nullptr) continue;  // the job ended before this thread woke up
      ++running;
      const auto& job = *body;
      const int64_t count = parts;
      lock.unlock();
      RunParts(job, count);
      lock.lock();
      if (--running == 0) done.notify_all();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  if (threads <= 0) threads = PhysicalCores();
  const WithoutCancelSignals inherited;
  for (int i = 1; i < threads; ++i) state_->workers.emplace_back([this] { state_->WorkerLoop(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (auto& worker : state_->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::Run(int64_t parts, const std::function<void(int64_t)>& body) {
  if (parts <= 0) return;
  if (inside_a_body || state_->workers.empty() || parts == 1) {
    for (int64_t part = 0; part < parts; ++part) body(part);
    return;
  }
  const std::lock_guard run_lock(state_->run_mutex);
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    state.body = &body;
    state.parts = parts;
    state.next.store(0, std::memory_order_relaxed);
    state.error = nullptr;
    ++state.generation;
  }
  state.wake.notify_all();
  state.RunParts(body, parts);
  std::unique_lock lock(state.mutex);
  state.body = nullptr;
  state.done.wait(lock, [&] { return state.running == 0; });
  if (state.error) std::rethrow_exception(std::exchange(state.error, nullptr));
}

void ThreadPool::ForRanges(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  grain = std::max<int64_t>(grain, 1);
  Run((count + grain - 1) / grain, [&](int64_t part) { body(part * grain, std::min(count, (part + 1) * grain)); });
}

}  // namespace bantam
