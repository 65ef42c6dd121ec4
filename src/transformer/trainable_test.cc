#include "transformer/trainable.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "base/rng.h"
#include "math/gemm.h"
#include "testing/testing.h"
#include "transformer/ops/gradient_check.h"
#include "transformer/random_weights.h"
#include "transformer/test_architectures.h"
#include "transformer/transformer.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::vector<T> Parameters(const Architecture& a, const ParameterLayout& layout) {
  const WeightSource source = RandomWeights(a, 11);
  std::vector<T> parameters;
  for (const ParameterLayout::Entry& entry : layout.entries()) {
    const std::vector<float> values = source(entry.spec.name);
    parameters.insert(parameters.end(), values.begin(), values.end());
  }
  return parameters;
}

// Documents longer than a block of queries, shorter, and of one token; positions that do not count, that count half and that
// count against.
TrainingBatch Batch(const Architecture& a, const std::vector<int64_t>& lengths = {70, 9, 1}) {
  TrainingBatch batch{.tokens = {}, .document_begin = {0}, .targets = {}, .weights = {}};
  Rng rng(4);
  for (const int64_t length : lengths) {
    for (int64_t i = 0; i < length; ++i) {
      batch.tokens.push_back(static_cast<int32_t>(rng.NextBelow(a.vocab_size)));
      batch.targets.push_back(static_cast<int32_t>(rng.NextBelow(a.vocab_size)));
      batch.weights.push_back(std::array{1.0f, 0.0f, 0.5f, -0.25f}[rng.NextBelow(4)]);
    }
    batch.document_begin.push_back(static_cast<int64_t>(batch.tokens.size()));
  }
  return batch;
}

double Norm(std::span<const double> values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

// |a - b| / |b|
template <typename T>
double RelativeDistance(const std::vector<T>& a, const std::vector<double>& b) {
  std::vector<double> difference(b.size());
  for (size_t i = 0; i < b.size(); ++i) difference[i] = a[i] - b[i];
  return Norm(difference) / Norm(b);
}

constexpr double kScale = 1.0 / 16;
constexpr double kAuxiliaryScale = 0.5;
const TrainingOptions kLosses{.router_z_loss = 0.01, .balance_loss = 0.02};

template <typename T>
std::vector<T> Gradient(const Architecture& a, const TrainingOptions& options, const TrainingBatch& batch) {
  TrainableTransformer<T> model(a, options);
  std::vector<T> gradients(model.layout().size());
  model.Backward(Parameters<T>(a, model.layout()), batch, kScale, kAuxiliaryScale, gradients);
  return gradients;
}

class GradientTest : public ::testing::TestWithParam<ArchitectureVariant> {
 protected:
  GradientTest() : architecture_(TinyLlama()) { GetParam().change(architecture_); }

  Architecture architecture_;
};

// Per tensor, the derivative along its gradient and along a random direction, both of length 1. The second is off where the
// gradient has a component too many anywhere. The loss of a whole model bends more than that of an operator, so the step is a
// quarter of gradient_check.h's: its h^4 falls 256 times, and the rounding of a loss of about 10 costs 1.5 * 10 * 2^-52 / h =
// 1.4e-11. No router may change its mind within two steps; the seeds are chosen so.
TEST_P(GradientTest, DoubleMatchesFiniteDifferences) {
  TrainableTransformer<double> model(architecture_, kLosses);
  const TrainingBatch batch = Batch(architecture_, {24, 9, 1});  // ops/causal_attention_test.cc crosses blocks
  std::vector<double> parameters = Parameters<double>(architecture_, model.layout());
  const std::vector<double> gradient = Gradient<double>(architecture_, kLosses, batch);
  const auto loss_at = [&](const ParameterLayout::Entry& entry, std::span<const double> direction, double step) {
    std::vector<double> moved = parameters;
    for (int64_t i = 0; i < entry.size; ++i) moved[entry.offset + i] += step * direction[i];
    const TrainingLoss loss = model.Loss(moved, batch);
    return kScale * loss.weighted_nll +
           kAuxiliaryScale * (kLosses.router_z_loss * loss.router_z + kLosses.balance_loss * loss.balance);
  };
  constexpr double kStep = testing::kDifferenceStep / 4;
  Rng rng(5);
  for (const ParameterLayout::Entry& entry : model.layout().entries()) {
    const std::span part = std::span(gradient).subspan(entry.offset, entry.size);
    if (entry.spec.name.ends_with("exp_probs_b.bias")) {
      EXPECT_EQ(Norm(part), 0.0) << entry.spec.name;
      continue;
    }
    const double size = Norm(part);
    std::vector<double> along(part.begin(), part.end()), random(entry.size);
    for (double& value : random) value = rng.NextGaussian();
    if (size == 0.0) {
      // A window of one position leaves softmax nothing to weigh.
      EXPECT_EQ(architecture_.sliding_window, 1) << entry.spec.name;
      along = random;
    }
    for (std::vector<double>* direction : {&along, &random}) {
      const double length = Norm(*direction);
      for (double& value : *direction) value /= length;
      const double numeric =
          testing::CentralDifference([&](double step) { return loss_at(entry, *direction, step); }, kStep);
      EXPECT_NEAR(testing::Dot(part, *direction), numeric, testing::kGradientTolerance * std::max(size, 1e-2))
          << entry.spec.name;
    }
  }
}

// A value of a gradient stands behind about twice the operations of a logit (transformer_test.cc: 19 units of 2^-24), summed
// over positions with errors that do not know each other: 40 u = 2.4e-6 for the whole vector. 5e-5 leaves what softmax, caps and
// norms with small divisors amplify.
TEST_P(GradientTest, FloatAgreesWithDouble) {
  const TrainingBatch batch = Batch(architecture_);
  const std::vector<double> exact = Gradient<double>(architecture_, kLosses, batch);
  EXPECT_LT(RelativeDistance(Gradient<float>(architecture_, kLosses, batch), exact), 5e-5);
}

TEST_P(GradientTest, RecomputingGivesTheSameBits) {
  const TrainingBatch batch = Batch(architecture_);
  TrainingOptions options = kLosses;
  const std::vector<float> kept = Gradient<float>(architecture_, options, batch);
  options.recompute = true;
  const std::vector<float> again = Gradient<float>(architecture_, options, batch);
  EXPECT_EQ(std::memcmp(kept.data(), again.data(), kept.size() * sizeof(float)), 0);
}

// The oracle's forward pass gives the same loss.
TEST_P(GradientTest, LossIsThatOfTheForwardPass) {
  TrainableTransformer<float> model(architecture_);
  const TrainingBatch batch = Batch(architecture_);
  const std::vector<double> nll = model.TokenNll(Parameters<float>(architecture_, model.layout()), batch);
  std::vector<std::vector<int32_t>> sequences;
  for (size_t d = 0; d + 1 < batch.document_begin.size(); ++d) {
    sequences.emplace_back(batch.tokens.begin() + batch.document_begin[d],
                           batch.tokens.begin() + batch.document_begin[d + 1]);
  }
  const std::vector<float> logits =
      Transformer::Create(architecture_, RandomWeights(architecture_, 11))->Forward(sequences);
  const int64_t vocab = architecture_.vocab_size;
  for (size_t t = 0; t < nll.size(); ++t) {
    if (batch.weights[t] == 0.0f) {
      EXPECT_EQ(nll[t], 0.0);
      continue;
    }
    double sum = 0;
    for (int64_t i = 0; i < vocab; ++i) sum += std::exp(static_cast<double>(logits[t * vocab + i]));
    // Logits of size up to 10 are off by some 1e-5 (transformer_test.cc), and so is their difference.
    EXPECT_NEAR(nll[t], std::log(sum) - logits[t * vocab + batch.targets[t]], 5e-5) << "position " << t;
  }
}

INSTANTIATE_TEST_SUITE_P(Switches, GradientTest, ::testing::ValuesIn(ArchitectureVariants()),
                         [](const auto& test) { return test.param.name; });

TEST(TrainableTransformerTest, ThreadsDoNotChangeABit) {
  Architecture a = TinyLlama();
  a.moe = TinyMoe();
  a.context_length = 300;
  const TrainingBatch batch = Batch(a, {300, 20, 100});
  for (const bool bf16 : {false, true}) {
    if (bf16 && !GemmBf16Supported()) continue;
    TrainingOptions options = kLosses;
    options.bf16 = bf16;
    SetGemmThreads(1);
    const std::vector<float> one = Gradient<float>(a, options, batch);
    SetGemmThreads(3);
    const std::vector<float> three = Gradient<float>(a, options, batch);
    SetGemmThreads(0);
    EXPECT_EQ(std::memcmp(one.data(), three.data(), one.size() * sizeof(float)), 0) << "bf16 " << bf16;
  }
}

// bfloat16 keeps 8 bits: a product of operands that are off by 2^-9 each, at random, is off by 2^-8.5 of its deviation whatever
// its length; through some 20 products in a row that adds up to sqrt(20) 2^-8.5 = 1.2e-2.
TEST(TrainableTransformerTest, Bf16IsRoundedAndClose) {
  const Architecture a = TinyLlama();
  const TrainingBatch batch = Batch(a);
  if (!GemmBf16Supported()) {
    EXPECT_BANTAM_ERROR(TrainableTransformer<float>(a, {.bf16 = true}), ErrorCode::kUnsupported, HasSubstr("AVX-512"));
    GTEST_SKIP() << "no bfloat16 products here";
  }
  const double distance = RelativeDistance(Gradient<float>(a, {.bf16 = true}, batch), Gradient<double>(a, {}, batch));
  EXPECT_LT(distance, 3e-2);
  EXPECT_GT(distance, 1e-3);
}

TEST(TrainableTransformerTest, DocumentsDoNotSeeEachOther) {
  const Architecture a = TinyLlama();
  TrainableTransformer<float> model(a);
  const std::vector<float> parameters = Parameters<float>(a, model.layout());
  TrainingBatch both = Batch(a, {40, 30});
  std::fill(both.weights.begin(), both.weights.end(), 1.0f);
  const std::vector<double> before = model.TokenNll(parameters, both);
  for (int64_t t = 0; t < 40; ++t) both.tokens[t] = (both.tokens[t] + 1) % static_cast<int32_t>(a.vocab_size);
  const std::vector<double> after = model.TokenNll(parameters, both);
  EXPECT_NE(before[10], after[10]);
  for (int64_t t = 40; t < 70; ++t) EXPECT_EQ(before[t], after[t]) << "position " << t;
}

TEST(TrainableTransformerTest, GradientsAddUp) {
  const Architecture a = TinyLlama();
  TrainableTransformer<double> model(a);
  const std::vector<double> parameters = Parameters<double>(a, model.layout());
  std::vector<double> gradients(model.layout().size());
  model.Backward(parameters, Batch(a), 1.0, 0.0, gradients);
  const std::vector<double> once = gradients;
  model.Backward(parameters, Batch(a), 2.0, 0.0, gradients);
  std::vector<double> thrice = once;
  for (double& value : thrice) value *= 3;
  EXPECT_LT(RelativeDistance(gradients, thrice), 1e-13);
}

// Passes of both kinds use the same memory, and not all layers are of one kind.
TEST(TrainableTransformerTest, AForwardPassBetweenLeavesNothingBehind) {
  Architecture a = TinyLlama();
  a.moe = TinyMoe();
  a.moe->leading_dense_layers = 1;
  TrainableTransformer<float> model(a, kLosses);
  const std::vector<float> parameters = Parameters<float>(a, model.layout());
  const auto gradient = [&] {
    std::vector<float> gradients(model.layout().size());
    model.Backward(parameters, Batch(a), kScale, kAuxiliaryScale, gradients);
    return gradients;
  };
  const std::vector<double> before = model.TokenNll(parameters, Batch(a, {90}));
  const std::vector<float> first = gradient();
  EXPECT_EQ(model.TokenNll(parameters, Batch(a, {90})), before);
  EXPECT_EQ(gradient(), first);
}

TEST(TrainableTransformerTest, CountsTheTokensOfEveryExpert) {
  Architecture a = TinyLlama();
  a.moe = TinyMoe();
  a.moe->leading_dense_layers = 1;
  TrainableTransformer<float> model(a);
  const TrainingLoss loss = model.Loss(Parameters<float>(a, model.layout()), Batch(a, {50}));
  ASSERT_EQ(loss.expert_tokens.size(), 2u);
  EXPECT_TRUE(loss.expert_tokens[0].empty());
  EXPECT_EQ(std::accumulate(loss.expert_tokens[1].begin(), loss.expert_tokens[1].end(), int64_t{0}), 50 * 2);
}

TEST(TrainableTransformerTest, RefusesBatchesThatMakeNoSense) {
  const Architecture a = TinyLlama();
  TrainableTransformer<float> model(a);
  const std::vector<float> parameters = Parameters<float>(a, model.layout());
  EXPECT_BANTAM_ERROR(model.Loss(parameters, Batch(a, {97})), ErrorCode::kUsage, HasSubstr("97 tokens"));
  TrainingBatch foreign = Batch(a);
  foreign.tokens[5] = 61;
  EXPECT_BANTAM_ERROR(model.Loss(parameters, foreign), ErrorCode::kUsage, HasSubstr("position 5"));
  TrainingBatch short_weights = Batch(a);
  short_weights.weights.pop_back();
  EXPECT_BANTAM_ERROR(model.Loss(parameters, short_weights), ErrorCode::kUsage, HasSubstr("belong together"));
}

}  // namespace
}  // namespace bantam
