#include "transformer/ops/causal_attention.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "math/row_loops.h"
#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using testing::CentralDifference;
using testing::CheckGradient;
using testing::Dot;
using ::testing::Each;
using testing::Gaussians;
using testing::kRounding;
using Doubles = std::span<const double>;

// The head is the second of three in every matrix.
constexpr int64_t kHeadDim = 6, kStride = 3 * kHeadDim, kOffset = kHeadDim;
constexpr double kBefore = 3;  // in what is added to

struct Case {
  int64_t tokens, window;
  double soft_cap;

  AttentionParameters Parameters() const { return {.soft_cap = soft_cap, .window = window}; }
  int64_t padded() const { return (tokens + kAttentionBlock - 1) / kAttentionBlock * kAttentionBlock; }
  std::string Name() const { return std::to_string(tokens) + " tokens, window " + std::to_string(window); }
};
// One token, part of a block, a whole one, two; windows inside a block, of a block and over one; the third block of 140
// starts its keys at the second.
constexpr Case kCases[] = {{1, 0, 0},  {5, 0, 0},   {5, 2, 1.5},  {64, 0, 2},    {65, 0, 0},
                           {66, 1, 0}, {140, 5, 2}, {140, 64, 0}, {140, 70, 1.5}};

// A matrix of Gaussians with its padding and the other heads.
std::vector<double> Matrix(const Case& c, uint64_t stream, double scale = 1.0) {
  std::vector<double> values = Gaussians<double>(c.padded() * kStride, stream);
  for (double& value : values) value *= scale;
  return values;
}

template <typename T, typename E>
struct Inputs {
  std::vector<E> q, k, v, dout;
};

template <typename T>
struct Outputs {
  std::vector<T> out, log_sums, dq, dk, dv;  // out, dq: [padded, 3 heads]; dk, dv: [padded, head_dim]
};

template <typename E>
Strided<const E> Head(const std::vector<E>& matrix) {
  return {matrix.data() + kOffset, kStride};
}

template <typename T, typename E>
std::vector<E> Forward(const Case& c, const std::vector<E>& q, const std::vector<E>& k, const std::vector<E>& v,
                       std::vector<T>& log_sums) {
  std::vector<E> out(q.size());
  log_sums.resize(c.tokens);
  CausalAttentionForward<T, E>(c.Parameters(), c.tokens, kHeadDim, Head(q), Head(k), Head(v),
                               {out.data() + kOffset, kStride}, log_sums.data());
  return out;
}

template <typename T, typename E>
Outputs<T> ForwardAndBackward(const Case& c, const Inputs<T, E>& in) {
  Outputs<T> result;
  const std::vector<E> out = Forward<T, E>(c, in.q, in.k, in.v, result.log_sums);
  result.out.resize(out.size());
  ConvertRow(out.data(), std::ssize(out), result.out.data());
  result.dq.assign(in.q.size(), static_cast<T>(kBefore));
  result.dk.assign(c.padded() * kHeadDim, static_cast<T>(kBefore));
  result.dv = result.dk;
  CausalAttentionBackward<T, E>(c.Parameters(), c.tokens, kHeadDim, Head(in.q), Head(in.k), Head(in.v), Head(in.dout),
                                result.log_sums.data(), {result.dq.data() + kOffset, kStride}, result.dk.data(),
                                result.dv.data());
  return result;
}

Inputs<double, double> DoubleInputs(const Case& c) {
  return {Matrix(c, 1, 0.7), Matrix(c, 2), Matrix(c, 3), Matrix(c, 4)};
}

// A gradient of the head in the layout of the inputs: 0 for other heads and for padding.
std::vector<double> Spread(const Case& c, const std::vector<double>& dense) {
  std::vector<double> gradient(c.padded() * kStride);
  for (int64_t i = 0; i < c.tokens * kHeadDim; ++i) {
    gradient[i / kHeadDim * kStride + kOffset + i % kHeadDim] = dense[i] - kBefore;
  }
  return gradient;
}

// Gradients of all inputs, [q, k, v] one behind the other.
std::vector<double> AllGradients(const Case& c, const Outputs<double>& result) {
  std::vector<double> all(result.dq.size());
  for (int64_t i = 0; i < c.tokens; ++i) {
    std::copy_n(result.dq.begin() + i * kStride + kOffset, kHeadDim, all.begin() + i * kStride + kOffset);
  }
  for (const std::vector<double>* gradient : {&result.dk, &result.dv}) {
    const std::vector<double> spread = Spread(c, *gradient);
    all.insert(all.end(), spread.begin(), spread.end());
  }
  return all;
}

// The loss dout . out as a function of [q, k, v].
auto Loss(const Case& c, const Inputs<double, double>& in) {
  return [c, dout = in.dout](Doubles x) {
    const size_t size = x.size() / 3;
    const auto part = [&](size_t i) { return std::vector<double>(x.begin() + i * size, x.begin() + (i + 1) * size); };
    std::vector<double> log_sums;
    const std::vector<double> out = Forward<double, double>(c, part(0), part(1), part(2), log_sums);
    double sum = 0;
    for (int64_t i = 0; i < c.tokens; ++i) {
      const int64_t at = i * kStride + kOffset;
      sum += Dot(Doubles(dout).subspan(at, kHeadDim), Doubles(out).subspan(at, kHeadDim));
    }
    return sum;
  };
}

std::vector<double> Concatenated(const Inputs<double, double>& in) {
  std::vector<double> x = in.q;
  x.insert(x.end(), in.k.begin(), in.k.end());
  x.insert(x.end(), in.v.begin(), in.v.end());
  return x;
}

// Every coordinate of q, k and v, those of padding and of other heads among them.
TEST(CausalAttentionTest, GradientMatchesFiniteDifferences) {
  for (const Case& c : {Case{3, 0, 0}, Case{4, 2, 1.5}}) {
    SCOPED_TRACE(c.Name());
    const Inputs<double, double> in = DoubleInputs(c);
    const std::vector<double> x = Concatenated(in), gradient = AllGradients(c, ForwardAndBackward(c, in));
    // The first rows and the first of the padding, of each input.
    const auto loss = Loss(c, in);
    const int64_t rows = (c.tokens + 1) * kStride, size = std::ssize(x) / 3;
    for (const int64_t start : {int64_t{0}, size, 2 * size}) {
      CheckGradient(
          [&](Doubles part) {
            std::vector<double> moved = x;
            std::copy(part.begin(), part.end(), moved.begin() + start);
            return loss(moved);
          },
          Doubles(x).subspan(start, rows), Doubles(gradient).subspan(start, rows));
    }
  }
}

// All inputs move at once, along three random directions: where the gradient is wrong in any place, its product with one of
// these is as well.
TEST(CausalAttentionTest, DirectionalDerivativesMatchFiniteDifferences) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.Name());
    const Inputs<double, double> in = DoubleInputs(c);
    const std::vector<double> x = Concatenated(in), gradient = AllGradients(c, ForwardAndBackward(c, in));
    const auto loss = Loss(c, in);
    for (const uint64_t stream : {10, 11, 12}) {
      const std::vector<double> direction = Gaussians<double>(std::ssize(x), stream);
      const double numeric = CentralDifference([&](double step) {
        std::vector<double> moved = x;
        for (size_t i = 0; i < x.size(); ++i) moved[i] += step * direction[i];
        return loss(moved);
      });
      const double size = std::sqrt(Dot(gradient, gradient));  // what the product is like for a random direction
      EXPECT_NEAR(Dot(gradient, direction), numeric, testing::kGradientTolerance * size);
    }
  }
}

// The formulas, in double and a query at a time, and for each result the sum of the sizes of what it adds up.
struct Reference {
  Outputs<double> values, sizes;  // [tokens, head_dim] each
  double largest_score = 0;       // sum over the head of |q k|

  Reference(const Case& c, const Inputs<double, double>& in) {
    for (Outputs<double>* part : {&values, &sizes}) {
      for (std::vector<double>* m : {&part->out, &part->dq, &part->dk, &part->dv}) m->resize(c.tokens * kHeadDim);
    }
    for (int64_t i = 0; i < c.tokens; ++i) AddQuery(c, in, i);
  }

 private:
  static double At(const std::vector<double>& matrix, int64_t row, int64_t d) {
    return matrix[row * kStride + kOffset + d];
  }

  void Add(std::vector<double> Outputs<double>::* matrix, int64_t place, double value, double size) {
    (values.*matrix)[place] += value;
    (sizes.*matrix)[place] += std::abs(size);
  }

  void AddQuery(const Case& c, const Inputs<double, double>& in, int64_t i) {
    const int64_t first = c.window > 0 ? std::max<int64_t>(0, i - c.window + 1) : 0;
    std::vector<double> p(i + 1), slope(i + 1, 1), dp(i + 1), dp_size(i + 1);
    double sum = 0;
    for (int64_t j = first; j <= i; ++j) {
      double score = 0, size = 0;
      for (int64_t d = 0; d < kHeadDim; ++d) {
        score += At(in.q, i, d) * At(in.k, j, d);
        size += std::abs(At(in.q, i, d) * At(in.k, j, d));
        dp[j] += At(in.dout, i, d) * At(in.v, j, d);
        dp_size[j] += std::abs(At(in.dout, i, d) * At(in.v, j, d));
      }
      largest_score = std::max(largest_score, size);
      if (c.soft_cap > 0) {
        const double t = std::tanh(score / c.soft_cap);
        score = c.soft_cap * t;
        slope[j] = 1 - t * t;
      }
      p[j] = std::exp(score);
      sum += p[j];
    }
    values.log_sums.push_back(std::log(sum));
    for (double& value : p) value /= sum;
    const double mean = Dot(p, dp), mean_size = Dot(p, dp_size);
    for (int64_t j = first; j <= i; ++j) {
      const double ds = p[j] * slope[j] * (dp[j] - mean), ds_size = p[j] * (dp_size[j] + mean_size);
      for (int64_t d = 0; d < kHeadDim; ++d) {
        const int64_t query = i * kHeadDim + d, key = j * kHeadDim + d;
        Add(&Outputs<double>::out, query, p[j] * At(in.v, j, d), p[j] * At(in.v, j, d));
        Add(&Outputs<double>::dq, query, ds * At(in.k, j, d), ds_size * At(in.k, j, d));
        Add(&Outputs<double>::dk, key, ds * At(in.q, i, d), ds_size * At(in.q, i, d));
        Add(&Outputs<double>::dv, key, p[j] * At(in.dout, i, d), p[j] * At(in.dout, i, d));
      }
    }
  }
};

// Every result within `relative` of the sizes.
template <typename T>
void ExpectNear(const Case& c, const Outputs<T>& result, const Reference& reference, double relative) {
  const auto compare = [&](const char* name, const std::vector<T>& actual, bool in_heads, double before,
                           std::vector<double> Outputs<double>::* matrix) {
    for (int64_t i = 0; i < c.tokens * kHeadDim; ++i) {
      const int64_t place = in_heads ? i / kHeadDim * kStride + kOffset + i % kHeadDim : i;
      const double value = (reference.values.*matrix)[i] + before;
      // What is added to is rounded with every block of queries.
      const double bound = relative * (reference.sizes.*matrix)[i] + 4 * kRounding<T> * before;
      ASSERT_NEAR(actual[place], value, bound) << name << " of token " << i / kHeadDim;
    }
  };
  compare("out", result.out, true, 0, &Outputs<double>::out);
  compare("dq", result.dq, true, 0, &Outputs<double>::dq);
  compare("dk", result.dk, false, kBefore, &Outputs<double>::dk);
  compare("dv", result.dv, false, kBefore, &Outputs<double>::dv);
}

// Roundings, in units of the size of a sum, that a result may have behind it: a score has kHeadDim of its terms, of which e^x
// makes a relative error, once in a probability and once in the log of the sum; then come sums over the head and over the
// keys or queries, and some ten of exp, log, cap and products.
double Roundings(const Case& c, const Reference& reference) {
  return 2 * (kHeadDim + 2) * reference.largest_score + kHeadDim + static_cast<double>(c.padded()) + 20;
}

TEST(CausalAttentionTest, DoubleMatchesFormula) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.Name());
    const Inputs<double, double> in = DoubleInputs(c);
    const Outputs<double> result = ForwardAndBackward(c, in);
    const Reference reference(c, in);
    ExpectNear(c, result, reference, Roundings(c, reference) * kRounding<double>);
    for (int64_t i = 0; i < c.tokens; ++i) {
      EXPECT_NEAR(result.log_sums[i], reference.values.log_sums[i], Roundings(c, reference) * kRounding<double>);
    }
  }
}

template <typename E>
void CheckAgainstDouble(const Case& c, double product_rounding) {
  SCOPED_TRACE(c.Name());
  const auto rounded = [](const std::vector<double>& values) {
    const std::vector<float> narrow(values.begin(), values.end());
    std::vector<E> result(narrow.size());
    ConvertRow(narrow.data(), std::ssize(narrow), result.data());
    return result;
  };
  const auto widened = [](const std::vector<E>& values) {
    std::vector<float> wide(values.size());
    ConvertRow(values.data(), std::ssize(values), wide.data());
    return testing::Widen(wide);
  };
  const Inputs<double, double> full = DoubleInputs(c);
  const Inputs<float, E> in{rounded(full.q), rounded(full.k), rounded(full.v), rounded(full.dout)};
  const Reference reference(c, {widened(in.q), widened(in.k), widened(in.v), widened(in.dout)});
  const Outputs<float> result = ForwardAndBackward<float, E>(c, in);
  ExpectNear(c, result, reference, Roundings(c, reference) * kRounding<float> + product_rounding);
  for (int64_t i = 0; i < c.tokens; ++i) {
    EXPECT_NEAR(result.log_sums[i], reference.values.log_sums[i], Roundings(c, reference) * kRounding<float>);
  }
}

TEST(CausalAttentionTest, FloatMatchesFormula) {
  for (const Case& c : kCases) CheckAgainstDouble<float>(c, 0.0);
}

TEST(CausalAttentionTest, BFloat16MatchesFormula) {
  if (!GemmBf16Supported()) GTEST_SKIP() << "no products of bfloat16 on this machine";
  // Probabilities and gradients of scores are rounded to 8 bits, by up to 2^-8 of themselves, on their way into a product,
  // and the output is as well.
  for (const Case& c : kCases) CheckAgainstDouble<BFloat16>(c, 2.01 * 0x1p-8);
}

// What lies behind the document is another one's, and whatever it is, nothing here depends on it.
TEST(CausalAttentionTest, RowsBehindTheDocumentDoNotCount) {
  for (const Case& c : kCases) {
    const Inputs<double, double> in = DoubleInputs(c);
    Inputs<double, double> other = in;
    for (std::vector<double>* matrix : {&other.q, &other.k, &other.v, &other.dout}) {
      std::fill(matrix->begin() + c.tokens * kStride, matrix->end(), -1e6);
    }
    const Outputs<double> result = ForwardAndBackward(c, in), changed = ForwardAndBackward(c, other);
    EXPECT_EQ(changed.out, result.out) << c.Name();
    EXPECT_EQ(changed.dq, result.dq) << c.Name();
    EXPECT_EQ(changed.dk, result.dk) << c.Name();
    EXPECT_EQ(changed.dv, result.dv) << c.Name();
  }
}

// One token sees itself alone: its output is its value, and no score matters.
TEST(CausalAttentionTest, OneTokenCopiesItsValue) {
  const Case c{1, 0, 2};
  const Inputs<double, double> in = DoubleInputs(c);
  const Outputs<double> result = ForwardAndBackward(c, in);
  for (int64_t d = 0; d < kHeadDim; ++d) {
    EXPECT_EQ(result.out[kOffset + d], in.v[kOffset + d]);
    EXPECT_EQ(result.dv[d], kBefore + in.dout[kOffset + d]);
    EXPECT_NEAR(result.dq[kOffset + d], 0, 1e-15);
    EXPECT_NEAR(result.dk[d], kBefore, 1e-15);
  }
  EXPECT_THAT(std::vector(result.dq.begin(), result.dq.begin() + kOffset), Each(kBefore));  // another head's
}

}  // namespace
}  // namespace bantam
