#include "base/thread_pool.h"

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "testing/testing.h"

namespace bantam {
namespace {

TEST(ThreadPoolTest, RunsEveryPartOnce) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const int64_t parts : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> hits(static_cast<size_t>(parts));
      pool.Run(parts, [&](int64_t part) { ++hits[static_cast<size_t>(part)]; });
      for (const auto& h : hits) EXPECT_EQ(h.load(), 1);
    }
  }
}

TEST(ThreadPoolTest, ManyShortJobs) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  for (int job = 0; job < 20'000; ++job) pool.Run(4, [&](int64_t part) { sum += part; });
  EXPECT_EQ(sum.load(), 20'000 * 6);
}

TEST(ThreadPoolTest, RethrowsAndGoesOn) {
  ThreadPool pool(2);
  EXPECT_THROW(pool.Run(10,
                        [](int64_t part) {
                          if (part == 3) throw std::runtime_error("three");
                        }),
               std::runtime_error);
  std::atomic<int> count{0};
  pool.Run(10, [&](int64_t) { ++count; });
  EXPECT_EQ(count.load(), 10);
}

TEST(ThreadPoolTest, InnerRunsRunInPlace) {
  ThreadPool pool(2);
  std::atomic<int> count{0};
  pool.Run(4, [&](int64_t) { pool.Run(5, [&](int64_t) { ++count; }); });
  EXPECT_EQ(count.load(), 20);
}

TEST(ThreadPoolTest, RangesCoverEverything) {
  ThreadPool pool(2);
  std::vector<int> values(103, 0);
  pool.ForRanges(103, 10, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++values[static_cast<size_t>(i)];
  });
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 103);
}

}  // namespace
}  // namespace bantam
