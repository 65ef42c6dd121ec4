#include "runtime/bench.h"

#include "runtime/session_testing.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;
using testing::RandomModel;

TEST(BenchResult, TakesMeansAndSampleDeviations) {
  BenchResult result;
  result.samples_ns = {100, 200, 600};
  result.samples_ts = {1.0, 2.0, 6.0};
  EXPECT_EQ(result.avg_ns(), 300);
  EXPECT_EQ(result.stddev_ns(), 265);  // sqrt((200^2 + 100^2 + 300^2) / 2) = 264.6
  EXPECT_DOUBLE_EQ(result.avg_ts(), 3.0);
  EXPECT_NEAR(result.stddev_ts(), 2.6457513, 1e-6);
  result.samples_ns = {100};
  EXPECT_EQ(result.stddev_ns(), 0);
}

TEST(Bench, MeasuresPromptsAndGeneration) {
  const auto model = RandomModel("llama");
  const auto runtime = RuntimeModel::Load(*model);
  BenchOptions options;
  options.repetitions = 3;
  options.pool = std::make_shared<ThreadPool>(2);
  for (const BenchTest& test : {BenchTest{.n_prompt = 16}, BenchTest{.n_gen = 4, .n_depth = 8}}) {
    const BenchResult result = RunBench(*model, runtime, test, options);
    ASSERT_EQ(result.samples_ns.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_GT(result.samples_ns[i], 0);
      const double tokens = static_cast<double>(test.n_prompt + test.n_gen);
      EXPECT_NEAR(result.samples_ts[i] * static_cast<double>(result.samples_ns[i]) / 1e9, tokens, 1e-6);
    }
    EXPECT_EQ(result.n_threads, 2);
    EXPECT_EQ(result.type_k, "f16");
    EXPECT_THAT(result.model_type, HasSubstr("llama"));
    EXPECT_THAT(result.model_type, HasSubstr("F32"));
    EXPECT_EQ(result.model_size, runtime->weight_bytes());
  }
}

TEST(Bench, HasTheFieldsOfLlamaBench) {
  const Json json = ToJson(BenchResult{});
  for (const char* field : {"build_commit", "cpu_info", "model_filename", "model_type", "model_size", "model_n_params",
                            "n_threads", "n_prompt", "n_gen", "n_depth", "type_k", "type_v", "test_time", "avg_ns",
                            "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts"}) {
    EXPECT_TRUE(json.contains(field)) << field;
  }
}

TEST(Bench, RefusesTestsThatAreNone) {
  const auto model = RandomModel("llama");
  const auto runtime = RuntimeModel::Load(*model);
  for (const BenchTest& test : {BenchTest{}, BenchTest{.n_prompt = 1, .n_gen = 1}, BenchTest{.n_gen = -1}}) {
    EXPECT_BANTAM_ERROR(RunBench(*model, runtime, test, {}), ErrorCode::kUsage, HasSubstr("either"));
  }
  EXPECT_BANTAM_ERROR(RunBench(*model, runtime, {.n_prompt = 1 << 30}, {}), ErrorCode::kUsage, HasSubstr("context"));
  BenchOptions none;
  none.repetitions = 0;
  EXPECT_BANTAM_ERROR(RunBench(*model, runtime, {.n_prompt = 1}, none), ErrorCode::kUsage, HasSubstr("repetition"));
}

}  // namespace
}  // namespace bantam
