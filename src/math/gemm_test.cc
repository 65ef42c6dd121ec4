#include "math/gemm.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "testing/testing.h"

namespace bantam {
namespace {

constexpr double kUnit = 0x1p-24;  // half a unit in the last place of 1.0f

std::vector<float> RandomFloats(int64_t count, uint64_t stream) {
  Rng rng(42, stream);
  std::vector<float> values(count);
  for (float& value : values) value = 2 * rng.NextFloat() - 1;
  return values;
}

uint16_t ToBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float FromBf16(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

struct Shape {
  int64_t m, n, k;
};

// One tile, several tiles with ragged edges, vectors, inner dimensions that libraries like to split over threads.
constexpr Shape kShapes[] = {{1, 1, 1},     {3, 5, 7},      {1, 300, 64},   {300, 1, 64},    {17, 257, 129},
                             {256, 256, 4}, {257, 513, 31}, {600, 600, 33}, {64, 64, 16384}, {256, 256, 16384}};

std::vector<GemmBackend> Backends() {
  std::vector<GemmBackend> backends;
  for (const GemmBackend backend : {GemmBackend::kOneDnn, GemmBackend::kCblas}) {
    if (GemmBackendAvailable(backend)) backends.push_back(backend);
  }
  return backends;
}

class GemmTest : public ::testing::TestWithParam<GemmBackend> {
 protected:
  void SetUp() override { SetGemmBackend(GetParam()); }
  void TearDown() override {
    SetGemmBackend(Backends().front());
    SetGemmThreads(0);
  }
};

// A product in one layout, with row strides wider than the rows. NaN fills the gaps of A and B, so that reading one
// shows; the gaps of C must keep their mark.
struct Problem {
  Problem(Shape shape, bool transpose_a, bool transpose_b, float alpha_, float beta_)
      : s(shape), ta(transpose_a), tb(transpose_b), alpha(alpha_), beta(beta_) {
    a = Padded(ta ? s.k : s.m, ta ? s.m : s.k, 3, 1, &lda);
    b = Padded(tb ? s.n : s.k, tb ? s.k : s.n, 2, 2, &ldb);
    c = Padded(s.m, s.n, 5, 3, &ldc);
    for (int64_t i = 0; i < s.m; ++i) {
      for (int64_t j = s.n; j < ldc; ++j) c[i * ldc + j] = kMark;
    }
  }

  static std::vector<float> Padded(int64_t rows, int64_t columns, int64_t gap, uint64_t stream, int64_t* stride) {
    *stride = columns + gap;
    std::vector<float> values = RandomFloats(rows * *stride, stream);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = columns; j < *stride; ++j) values[i * *stride + j] = std::numeric_limits<float>::quiet_NaN();
    }
    return values;
  }

  std::vector<float> Run() const {
    std::vector<float> result = c;
    Gemm(ta, tb, s.m, s.n, s.k, alpha, a.data(), lda, b.data(), ldb, beta, result.data(), ldc);
    return result;
  }

  // Every computed value and k products and sums round at most k + 2 times, in any order, each time by a relative
  // kUnit: |error| <= (k + 2) kUnit (|alpha| sum |a b| + |beta c|), and (k + 2) kUnit is small enough to drop its
  // square.
  void Check(const std::vector<float>& result) const {
    // Of large products every 17th row and column: the naive sum is slow.
    const int64_t step = s.m * s.n * s.k > 20'000'000 ? 17 : 1;
    for (int64_t i = 0; i < s.m; i += step) {
      for (int64_t j = 0; j < s.n; j += step) {
        double sum = 0, magnitude = 0;
        for (int64_t x = 0; x < s.k; ++x) {
          const double product = double{a[ta ? x * lda + i : i * lda + x]} * b[tb ? j * ldb + x : x * ldb + j];
          sum += product;
          magnitude += std::abs(product);
        }
        const double old = beta == 0.0f ? 0.0 : double{beta} * c[i * ldc + j];
        const double expected = alpha * sum + old;
        const double bound = (s.k + 2) * kUnit * 1.001 * (std::abs(alpha) * magnitude + std::abs(old));
        ASSERT_NEAR(result[i * ldc + j], expected, bound) << "at " << i << ", " << j;
      }
    }
    for (int64_t i = 0; i < s.m; ++i) {
      for (int64_t j = s.n; j < ldc; ++j) ASSERT_EQ(result[i * ldc + j], kMark) << "outside of C, row " << i;
    }
  }

  std::string Name() const {
    return std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) + (ta ? " T" : " N") +
           (tb ? "T" : "N");
  }

  static constexpr float kMark = 77.0f;
  Shape s;
  bool ta, tb;
  float alpha, beta;
  int64_t lda = 0, ldb = 0, ldc = 0;
  std::vector<float> a, b, c;
};

TEST_P(GemmTest, MatchesNaiveProduct) {
  for (const Shape& shape : kShapes) {
    for (const bool ta : {false, true}) {
      for (const bool tb : {true, false}) {
        const Problem problem(shape, ta, tb, ta == tb ? 1.0f : -0.5f, ta ? 0.75f : 0.0f);
        SCOPED_TRACE(problem.Name());
        ASSERT_NO_FATAL_FAILURE(problem.Check(problem.Run()));
      }
    }
  }
}

TEST_P(GemmTest, AnyNumberOfThreadsGivesTheSameBits) {
  for (const Shape& shape : kShapes) {
    for (const bool ta : {false, true}) {
      const Problem problem(shape, ta, !ta, 1.25f, 0.5f);
      SetGemmThreads(1);
      const std::vector<float> one = problem.Run();
      for (const int threads : {2, 3}) {
        SetGemmThreads(threads);
        const std::vector<float> many = problem.Run();
        EXPECT_EQ(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)), 0)
            << problem.Name() << " with " << threads << " threads";
      }
    }
  }
}

TEST_P(GemmTest, CallsFromSeveralThreadsAtOnce) {
  SetGemmThreads(2);
  const Problem problem({600, 600, 33}, false, true, 1.0f, 0.0f);
  const std::vector<float> expected = problem.Run();
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> callers;
  for (auto& result : results) callers.emplace_back([&] { result = problem.Run(); });
  for (auto& caller : callers) caller.join();
  for (const auto& result : results)
    EXPECT_EQ(std::memcmp(expected.data(), result.data(), result.size() * sizeof(float)), 0);
}

TEST_P(GemmTest, BetaZeroOverwritesNan) {
  const float a[] = {2, 3}, b[] = {5, 7};
  float c[] = {std::numeric_limits<float>::quiet_NaN()};
  Gemm(false, true, 1, 1, 2, 1.0f, a, 2, b, 2, 0.0f, c, 1);
  EXPECT_EQ(c[0], 31.0f);
}

TEST_P(GemmTest, EmptyDimensions) {
  float c[] = {1, 2, 3, 4, 5, 6};
  Gemm(false, false, 0, 3, 4, 1.0f, nullptr, 4, nullptr, 3, 0.0f, c, 3);
  Gemm(false, false, 2, 0, 4, 1.0f, nullptr, 4, nullptr, 1, 0.0f, c, 3);
  EXPECT_THAT(c, ::testing::ElementsAre(1, 2, 3, 4, 5, 6));
  Gemm(false, false, 2, 2, 0, 1.0f, nullptr, 1, nullptr, 2, 0.5f, c, 3);  // C of stride 3: only beta * C is left
  EXPECT_THAT(c, ::testing::ElementsAre(0.5, 1, 3, 2, 2.5, 6));
  c[0] = std::numeric_limits<float>::quiet_NaN();
  Gemm(false, false, 2, 2, 0, 1.0f, nullptr, 1, nullptr, 2, 0.0f, c, 3);
  EXPECT_THAT(c, ::testing::ElementsAre(0, 0, 3, 0, 0, 6));
}

INSTANTIATE_TEST_SUITE_P(Backends, GemmTest, ::testing::ValuesIn(Backends()), [](const auto& test) {
  return std::string(test.param == GemmBackend::kOneDnn ? "OneDnn" : "Cblas");
});

TEST(GemmBackendTest, UnavailableBackendIsAnError) {
  for (const GemmBackend backend : {GemmBackend::kOneDnn, GemmBackend::kCblas}) {
    if (GemmBackendAvailable(backend)) continue;
    EXPECT_BANTAM_ERROR(SetGemmBackend(backend), ErrorCode::kUnsupported, ::testing::HasSubstr("this build has no"));
  }
  EXPECT_TRUE(GemmBackendAvailable(CurrentGemmBackend()));
}

TEST(GemmBackendTest, ThreadsAreNotNegative) {
  EXPECT_BANTAM_ERROR(SetGemmThreads(-1), ErrorCode::kUsage, ::testing::HasSubstr("threads"));
}

TEST(GemmBf16Test, MatchesNaiveProduct) {
  if (!GemmBf16Supported()) {
    EXPECT_BANTAM_ERROR(GemmBf16(false, true, 1, 1, 1, nullptr, 1, nullptr, 1, false, nullptr, 1),
                        ErrorCode::kUnsupported, ::testing::HasSubstr("AVX-512"));
    return;
  }
  for (const Shape& s : {Shape{1, 1, 1}, {3, 5, 7}, {1, 300, 64}, {300, 1, 65}, {257, 513, 31}, {64, 64, 4096}}) {
    SCOPED_TRACE(std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k));
    std::vector<uint16_t> a, b;
    for (const float value : RandomFloats(s.m * s.k, 1)) a.push_back(ToBf16(value));
    for (const float value : RandomFloats(s.n * s.k, 2)) b.push_back(ToBf16(value));
    std::vector<float> c(s.m * s.n, std::numeric_limits<float>::quiet_NaN());
    SetGemmThreads(1);
    GemmBf16(false, true, s.m, s.n, s.k, a.data(), s.k, b.data(), s.k, false, c.data(), s.n);
    for (int64_t i = 0; i < s.m; ++i) {
      for (int64_t j = 0; j < s.n; ++j) {
        double sum = 0, magnitude = 0;
        for (int64_t x = 0; x < s.k; ++x) {
          const double product = double{FromBf16(a[i * s.k + x])} * FromBf16(b[j * s.k + x]);
          sum += product;
          magnitude += std::abs(product);
        }
        // Products of bfloat16 are exact in float. The dot-product instruction may round twice per pair and flushes
        // subnormal sums, which these operands do not reach.
        ASSERT_NEAR(c[i * s.n + j], sum, 2 * (s.k + 1) * kUnit * magnitude) << "at " << i << ", " << j;
      }
    }
    const std::vector<float> one = c;
    SetGemmThreads(2);
    GemmBf16(false, true, s.m, s.n, s.k, a.data(), s.k, b.data(), s.k, false, c.data(), s.n);
    EXPECT_EQ(std::memcmp(one.data(), c.data(), c.size() * sizeof(float)), 0);
    SetGemmThreads(0);
  }
  float c[] = {5, 5};
  GemmBf16(false, true, 1, 2, 0, nullptr, 1, nullptr, 1, false, c, 2);
  EXPECT_THAT(c, ::testing::ElementsAre(0, 0));
}

}  // namespace
}  // namespace bantam
