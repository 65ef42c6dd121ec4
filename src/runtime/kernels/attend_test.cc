#include <cmath>

#include "runtime/kernels/kernel_testing.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using testing::Gaussians;
using testing::RunnableIsas;

struct Problem {
  DType kv;
  int64_t head_dim, begin, end;
  float soft_cap;
  std::vector<float> query;
  std::vector<std::byte> keys, values;  // [end, head_dim]
};

Problem MakeProblem(DType kv, int64_t head_dim, int64_t begin, int64_t end, float soft_cap, uint64_t seed) {
  Problem p{kv, head_dim, begin, end, soft_cap, Gaussians(head_dim, seed, 2.0), {}, {}};
  for (std::vector<std::byte>* cache : {&p.keys, &p.values}) {
    std::vector<float> rows = Gaussians(end * head_dim, ++seed);
    // What lies before the window must not be read.
    std::fill(rows.begin(), rows.begin() + begin * head_dim, 1e4f);
    cache->resize(static_cast<size_t>(RowBytes(kv, end * head_dim)));
    EncodeRow(kv, rows.data(), cache->data(), end * head_dim);
  }
  return p;
}

std::vector<float> Attend(Isa isa, const Problem& p) {
  std::vector<float> query = p.query, out(static_cast<size_t>(p.head_dim), -1.0f);
  std::vector<float> scores(static_cast<size_t>((p.end - p.begin + 15) / 16 * 16));
  KernelsFor(isa).attend({.kv = p.kv,
                          .query = query.data(),
                          .k = p.keys.data(),
                          .v = p.values.data(),
                          .head_dim = p.head_dim,
                          .begin = p.begin,
                          .end = p.end,
                          .scale = 0.3f,
                          .soft_cap = p.soft_cap,
                          .scores = scores.data(),
                          .out = out.data()});
  return out;
}

float Half(float value) { return HalfToFloat(FloatToHalf(value)); }

// The definition in double, with the roundings to F16 where kernels.h has them.
std::vector<double> Exact(const Problem& p) {
  const bool half = p.kv == DType::kF16;
  std::vector<float> k(static_cast<size_t>(p.end * p.head_dim)), v(k.size());
  DecodeRow(p.kv, p.keys.data(), k.data(), p.end * p.head_dim);
  DecodeRow(p.kv, p.values.data(), v.data(), p.end * p.head_dim);
  std::vector<double> scores;
  double sum = 0.0;
  for (int64_t j = p.begin; j < p.end; ++j) {
    double dot = 0.0;
    for (int64_t c = 0; c < p.head_dim; ++c) {
      const float q = p.query[static_cast<size_t>(c)];
      dot += static_cast<double>(half ? Half(q) : q) * k[static_cast<size_t>(j * p.head_dim + c)];
    }
    dot *= static_cast<double>(0.3f);
    if (p.soft_cap > 0.0f) dot = p.soft_cap * std::tanh(dot / p.soft_cap);
    scores.push_back(std::exp(dot));
    sum += scores.back();
  }
  std::vector<double> out(static_cast<size_t>(p.head_dim));
  for (int64_t j = p.begin; j < p.end; ++j) {
    const double probability = scores[static_cast<size_t>(j - p.begin)] / sum;
    const double weight = half ? Half(static_cast<float>(probability)) : probability;
    for (int64_t c = 0; c < p.head_dim; ++c) {
      out[static_cast<size_t>(c)] += weight * v[static_cast<size_t>(j * p.head_dim + c)];
    }
  }
  return out;
}

std::vector<Problem> Problems(DType kv) {
  std::vector<Problem> problems;
  uint64_t seed = 100;
  for (const int64_t head_dim : {1, 8, 16, 20, 64, 72, 80, 128}) {
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {0, 4}, {3, 10}, {0, 64}, {37, 200}}) {
      problems.push_back(MakeProblem(kv, head_dim, begin, end, end % 10 == 0 ? 1.5f : 0.0f, seed += 10));
    }
  }
  return problems;
}

TEST(Attend, MatchesItsDefinition) {
  double worst = 0.0;
  for (const DType kv : {DType::kF32, DType::kF16}) {
    for (const Problem& p : Problems(kv)) {
      const std::vector<float> out = Attend(RunnableIsas().back(), p);
      const std::vector<double> exact = Exact(p);
      for (size_t c = 0; c < out.size(); ++c) {
        // A score of magnitude up to about 0.3 * 8 * sqrt(head_dim) < 30 carries (head_dim / 16 + 6) roundings, which
        // exp turns into a relative error; the sums of up to 200 positions add 200 roundings of at most 1 each. Values
        // are below 5. In F16 a probability next to a tie may be rounded the other way: 2^-11 of it.
        const double rounding = std::ldexp(30.0 * (static_cast<double>(p.head_dim) / 16 + 6) + 200, -24);
        const double bound = 5.0 * (2.0 * rounding + (kv == DType::kF16 ? std::ldexp(1.0, -11) : 0.0));
        EXPECT_NEAR(out[c], exact[c], bound) << Name(kv) << " head_dim " << p.head_dim << " end " << p.end;
        if (kv == DType::kF32) worst = std::max(worst, std::fabs(out[c] - exact[c]));
      }
    }
  }
  EXPECT_LT(worst, 1e-5);  // typical roundings, not the worst case above
  EXPECT_GT(worst, 1e-8);
}

TEST(Attend, EveryInstructionSetGivesTheSameBits) {
  for (const DType kv : {DType::kF32, DType::kF16}) {
    for (const Problem& p : Problems(kv)) {
      const std::vector<float> expected = Attend(Isa::kScalar, p);
      for (const Isa isa : RunnableIsas()) {
        EXPECT_EQ(testing::BitDifference(expected, Attend(isa, p)), "")
            << IsaName(isa) << " " << Name(kv) << " head_dim " << p.head_dim << " end " << p.end;
      }
    }
  }
}

TEST(Attend, F16RoundsTheQueryAndTheProbabilities) {
  // One position: the probability is 1 and the output the stored value. Two with equal scores: half of each. The key is
  // what makes the rounding of the query visible: with 2^-12 too small to count beside 1, both scores are equal.
  Problem p = MakeProblem(DType::kF16, 16, 0, 2, 0.0f, 7);
  std::vector<float> keys(32, 0.0f), values(32, 0.0f);
  keys[0] = 1000.0f;
  keys[16] = 1000.0f, keys[17] = 1.0f;
  values[0] = 1.0f;
  EncodeRow(DType::kF16, keys.data(), p.keys.data(), 32);
  EncodeRow(DType::kF16, values.data(), p.values.data(), 32);
  p.query.assign(16, 0.0f);
  p.query[0] = 1.0f + 0x1p-12f;
  for (const Isa isa : RunnableIsas()) EXPECT_EQ(Attend(isa, p)[0], 0.5f) << IsaName(isa);
}

}  // namespace
}  // namespace bantam
