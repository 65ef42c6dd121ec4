#include "transformer/ops/linear.h"

#include <cmath>
#include <vector>

#include "testing/testing.h"
#include "transformer/ops/embedding.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/ops/test_values.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using testing::Gaussians;
using testing::kRounding;

template <typename T>
class LinearTest : public ::testing::Test {};
TYPED_TEST_SUITE(LinearTest, testing::Reals);

TYPED_TEST(LinearTest, MatchesFormula) {
  using T = TypeParam;
  constexpr int64_t kRows = 7, kIn = 19, kOut = 11;
  const std::vector<T> x = Gaussians<T>(kRows * kIn, 1), weight = Gaussians<T>(kOut * kIn, 2);
  for (const bool with_bias : {false, true}) {
    const std::vector<T> bias = with_bias ? Gaussians<T>(kOut, 3) : std::vector<T>{};
    std::vector<T> y(kRows * kOut);
    LinearForward<T>(x, weight, bias, kRows, y);
    for (int64_t i = 0; i < kRows; ++i) {
      for (int64_t j = 0; j < kOut; ++j) {
        long double sum = with_bias ? bias[j] : T{0}, magnitude = std::abs(sum);
        for (int64_t k = 0; k < kIn; ++k) {
          const long double product = static_cast<long double>(x[i * kIn + k]) * weight[j * kIn + k];
          sum += product;
          magnitude += std::abs(product);
        }
        EXPECT_NEAR(y[i * kOut + j], static_cast<double>(sum),
                    (kIn + 2) * kRounding<T> * static_cast<double>(magnitude));
      }
    }
  }
  std::vector<T> nothing;
  LinearForward<T>(nothing, weight, {}, 0, nothing);
}

TYPED_TEST(LinearTest, Embeddings) {
  using T = TypeParam;
  const std::vector<T> table{1, 2, 3, 4, 5, 6};
  std::vector<T> x(6);
  EmbeddingForward<T>(table, std::vector<int32_t>{2, 0, 2}, 2.0, x);
  EXPECT_THAT(x, ElementsAre(10, 12, 2, 4, 10, 12));
  PositionEmbeddingForward<T>(table, std::span<T>(x).first(4));
  EXPECT_THAT(x, ElementsAre(11, 14, 5, 8, 10, 12));
}

// A token that comes twice gets both gradients, one that does not come keeps what it has.
TYPED_TEST(LinearTest, EmbeddingGradients) {
  using T = TypeParam;
  std::vector<T> dtable{1, 1, 1, 1, 1, 1};
  EmbeddingBackward<T>(std::vector<T>{1, 2, 3, 4, 5, 6}, std::vector<int32_t>{2, 0, 2}, 2.0, dtable);
  EXPECT_THAT(dtable, ElementsAre(7, 9, 1, 1, 13, 17));
  PositionEmbeddingBackward<T>(std::vector<T>{1, 2, 3, 4}, dtable);
  EXPECT_THAT(dtable, ElementsAre(8, 11, 4, 5, 13, 17));
}

TEST(EmbeddingBackwardTest, MatchesFiniteDifferences) {
  constexpr int64_t kVocab = 4, kWidth = 3;
  const std::vector<int32_t> tokens{2, 0, 2, 3, 2};  // never 1
  const std::vector<double> table = Gaussians<double>(kVocab * kWidth, 1),
                            dy = Gaussians<double>(std::ssize(tokens) * kWidth, 2);
  for (const size_t count : {tokens.size(), size_t{1}}) {
    const std::span<const int32_t> some = std::span(tokens).first(count);
    const std::span<const double> weights = std::span(dy).first(count * kWidth);
    std::vector<double> dtable(table.size());
    EmbeddingBackward<double>(weights, some, 1.5, dtable);
    testing::CheckGradient(
        [&](std::span<const double> values) {
          std::vector<double> y(weights.size());
          EmbeddingForward<double>(values, some, 1.5, y);
          return testing::Dot(weights, y);
        },
        table, dtable);
  }
}

}  // namespace
}  // namespace bantam
