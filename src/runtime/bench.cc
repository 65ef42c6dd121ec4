#include "runtime/bench.h"

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/rng.h"
#include "base/units.h"
#include "base/version.h"
#include "model/memory.h"

namespace bantam {
namespace {

template <typename T>
double Mean(const std::vector<T>& samples) {
  double sum = 0.0;
  for (const T sample : samples) sum += static_cast<double>(sample);
  return samples.empty() ? 0.0 : sum / static_cast<double>(samples.size());
}

template <typename T>
double Deviation(const std::vector<T>& samples) {
  if (samples.size() < 2) return 0.0;
  const double mean = Mean(samples);
  double square = 0.0;
  for (const T sample : samples) square += (static_cast<double>(sample) - mean) * (static_cast<double>(sample) - mean);
  return std::sqrt(square / static_cast<double>(samples.size() - 1));
}

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[sizeof("2026-01-01T00:00:00Z")];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string LowerName(DType dtype) {
  std::string name(Name(dtype));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

std::string DescribeModel(const Model& model, int64_t parameters) {
  std::map<DType, int64_t> bytes;
  for (const TensorSpec& spec : model.tensors()) {
    const DType dtype = model.dtype(spec.name);
    bytes[dtype] += ElementCount(spec.shape) / Info(dtype).block_values * Info(dtype).block_bytes;
  }
  auto most = bytes.begin();
  for (auto entry = bytes.begin(); entry != bytes.end(); ++entry) {
    if (entry->second > most->second) most = entry;
  }
  return model.architecture().family + " " + FormatCount(static_cast<uint64_t>(parameters)) + " " +
         std::string(Name(most->first));
}

// One measured session: the speed does not depend on which tokens they are, so they are random.
class Runner {
 public:
  Runner(const std::shared_ptr<const RuntimeModel>& model, const BenchTest& test, const BenchOptions& options)
      : test_(test),
        options_(options),
        session_(Session::Create(model, {.context = test.n_prompt + test.n_gen + test.n_depth,
                                         .kv = options.kv,
                                         .prefill_chunk = options.prefill_chunk,
                                         .pool = options.pool})) {
    Rng rng(1);
    const auto vocabulary = static_cast<uint64_t>(model->architecture().vocab_size);
    for (int64_t i = 0; i < session_->context(); ++i)
      tokens_.push_back(static_cast<int32_t>(rng.NextBelow(vocabulary)));
  }

  // Fills the depth, then runs the first `tokens` tokens of the test; nanoseconds of the latter.
  int64_t Run(int64_t tokens) {
    session_->Truncate(0);
    const std::span all(tokens_);
    if (test_.n_depth > 0) session_->Forward(all.first(static_cast<size_t>(test_.n_depth)), options_.cancelled);
    const auto timed = all.subspan(static_cast<size_t>(test_.n_depth), static_cast<size_t>(tokens));
    const auto start = std::chrono::steady_clock::now();
    if (test_.n_prompt > 0) {
      session_->Forward(timed, options_.cancelled);
    } else {
      for (const int32_t token : timed) session_->Forward({&token, 1}, options_.cancelled);
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  BenchTest test_;
  BenchOptions options_;
  std::unique_ptr<Session> session_;
  std::vector<int32_t> tokens_;
};

}  // namespace

int64_t BenchResult::avg_ns() const { return std::llround(Mean(samples_ns)); }
int64_t BenchResult::stddev_ns() const { return std::llround(Deviation(samples_ns)); }
double BenchResult::avg_ts() const { return Mean(samples_ts); }
double BenchResult::stddev_ts() const { return Deviation(samples_ts); }

BenchResult RunBench(const Model& model, const std::shared_ptr<const RuntimeModel>& runtime, const BenchTest& test,
                     const BenchOptions& options) {
  if (test.n_prompt < 0 || test.n_gen < 0 || test.n_depth < 0 || (test.n_prompt > 0) == (test.n_gen > 0)) {
    Fail(ErrorCode::kUsage, "a test needs either prompt tokens or tokens to generate", "bench");
  }
  if (options.repetitions < 1) Fail(ErrorCode::kUsage, "a test needs at least one repetition", "bench");
  BenchOptions with_pool = options;
  if (with_pool.pool == nullptr) with_pool.pool = std::make_shared<ThreadPool>();

  BenchResult result;
  result.build_commit = GitCommit();
  result.cpu_info = CpuName();
  result.model_filename = model.path().string();
  result.model_n_params = CountParameters(model.architecture()).total;
  result.model_type = DescribeModel(model, result.model_n_params);
  result.model_size = runtime->weight_bytes();
  result.n_threads = with_pool.pool->threads();
  result.type_k = result.type_v = LowerName(options.kv);
  result.n_prompt = test.n_prompt;
  result.n_gen = test.n_gen;
  result.n_depth = test.n_depth;
  result.test_time = UtcNow();

  Runner runner(runtime, test, with_pool);
  runner.Run(test.n_prompt > 0 ? test.n_prompt : 1);
  for (int64_t i = 0; i < options.repetitions; ++i) {
    const int64_t tokens = test.n_prompt + test.n_gen;
    result.samples_ns.push_back(runner.Run(tokens));
    result.samples_ts.push_back(1e9 * static_cast<double>(tokens) / static_cast<double>(result.samples_ns.back()));
  }
  return result;
}

Json ToJson(const BenchResult& r) {
  return Json{{"build_commit", r.build_commit}, {"cpu_info", r.cpu_info},     {"model_filename", r.model_filename},
              {"model_type", r.model_type},     {"model_size", r.model_size}, {"model_n_params", r.model_n_params},
              {"n_threads", r.n_threads},       {"type_k", r.type_k},         {"type_v", r.type_v},
              {"n_prompt", r.n_prompt},         {"n_gen", r.n_gen},           {"n_depth", r.n_depth},
              {"test_time", r.test_time},       {"avg_ns", r.avg_ns()},       {"stddev_ns", r.stddev_ns()},
              {"avg_ts", r.avg_ts()},           {"stddev_ts", r.stddev_ts()}, {"samples_ns", r.samples_ns},
              {"samples_ts", r.samples_ts}};
}

}  // namespace bantam
