// Speed of prefill and decode, measured as llama-bench does and reported under its names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/session.h"

namespace bantam {

// One test: either a prompt of n_prompt tokens at once or n_gen tokens one by one, behind n_depth tokens in the cache.
struct BenchTest {
  int64_t n_prompt = 0, n_gen = 0, n_depth = 0;
};

struct BenchOptions {
  int64_t repetitions = 5;
  DType kv = DType::kF16;  // of keys and values
  int64_t prefill_chunk = 512;
  std::shared_ptr<ThreadPool> pool = nullptr;  // null: a pool of its own with the default number of threads
  std::function<bool()> cancelled = {};
};

// Times are of the test alone: the depth is filled and, once, the test run for warming up before.
struct BenchResult {
  std::string build_commit, cpu_info;
  std::string model_filename;
  std::string model_type;   // "llama 134.5 M Q8_0": family, parameters, the type of most of its bytes
  uint64_t model_size = 0;  // bytes of the tensors
  int64_t model_n_params = 0;
  int64_t n_threads = 0;
  std::string type_k, type_v;  // "f16"
  int64_t n_prompt = 0, n_gen = 0, n_depth = 0;
  std::string test_time;  // of the start, ISO 8601 in UTC
  std::vector<int64_t> samples_ns;
  std::vector<double> samples_ts;  // tokens per second

  int64_t avg_ns() const;
  int64_t stddev_ns() const;  // of a sample; 0 for a single one
  double avg_ts() const;
  double stddev_ts() const;
};

// kUsage when a test has no tokens or both kinds, or does not fit the model's context.
BenchResult RunBench(const Model& model, const std::shared_ptr<const RuntimeModel>& runtime, const BenchTest& test,
                     const BenchOptions& options);

Json ToJson(const BenchResult& result);

}  // namespace bantam
