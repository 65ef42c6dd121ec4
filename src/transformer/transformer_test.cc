#include "transformer/transformer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/rng.h"
#include "math/gemm.h"
#include "testing/testing.h"
#include "transformer/naive_model.h"
#include "transformer/random_weights.h"
#include "transformer/test_architectures.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;
using Sequences = std::vector<std::vector<int32_t>>;

std::vector<int32_t> RandomTokens(int64_t count, int64_t vocab, uint64_t stream) {
  Rng rng(7, stream);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) token = static_cast<int32_t>(rng.NextBelow(vocab));
  return tokens;
}

// Longer than a block of queries (64), shorter, and a single token.
Sequences ThreeSequences() { return {RandomTokens(70, 61, 1), RandomTokens(9, 61, 2), RandomTokens(1, 61, 3)}; }

std::vector<double> ExpectedLogits(const Architecture& a, const WeightSource& weights, const Sequences& sequences) {
  const NaiveModel naive(a, weights);
  std::vector<double> logits;
  for (const auto& sequence : sequences) {
    const std::vector<double> rows = naive.Forward(sequence);
    logits.insert(logits.end(), rows.begin(), rows.end());
  }
  return logits;
}

double Deviation(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// Largest difference of two forward passes in standard deviations of the logits.
double Distance(const std::vector<float>& logits, const std::vector<double>& expected) {
  EXPECT_EQ(logits.size(), expected.size());
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) largest = std::max(largest, std::abs(logits[i] - expected[i]));
  return largest / Deviation(expected);
}

// What float may lose against double. With u = 2^-24, a sum of k <= 64 products is off by about 0.6 sqrt(k) u <= 5 u of
// its standard deviation (k additions, each off by at most u of a partial sum no larger than the whole, with random
// signs). A logit of these models stands behind 6 products per layer and the head, 13 in two layers, and behind some 10
// operations per layer that are off by u: sqrt(13 * 25 + 20) u = 19 u = 1.1e-6 of a standard deviation. Softmax and
// soft caps turn absolute errors of scores up to about 2 in size into relative ones: twice that. The largest of 80 * 61
// logits is 4 deviations out: 9e-6. Measured: 0.6e-6 to 1.8e-6.
constexpr double kTolerance = 1e-5;

class VariantTest : public ::testing::TestWithParam<ArchitectureVariant> {};

TEST_P(VariantTest, MatchesNaiveModelAndTheSwitchMatters) {
  const Architecture base = TinyLlama();
  Architecture changed = base;
  GetParam().change(changed);
  const WeightSource weights = RandomWeights(changed, 11);
  const Sequences sequences = ThreeSequences();
  const std::vector<float> logits = Transformer::Create(changed, weights)->Forward(sequences);
  EXPECT_LT(Distance(logits, ExpectedLogits(changed, weights, sequences)), kTolerance);
  // Were the switch not read, the logits would be those of the model without it.
  const double ignored = Distance(logits, ExpectedLogits(base, RandomWeights(base, 11), sequences));
  EXPECT_GT(ignored, 1000 * kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Switches, VariantTest, ::testing::ValuesIn(ArchitectureVariants()),
                         [](const auto& test) { return test.param.name; });

// A switch of the experts against the same experts without it, since above everything differs from a dense model.
TEST(TransformerTest, ExpertSwitchesMatter) {
  Architecture plain = TinyLlama();
  plain.moe = TinyMoe();
  const Sequences sequences = ThreeSequences();
  const std::vector<double> without = ExpectedLogits(plain, RandomWeights(plain, 11), sequences);
  const std::map<std::string, std::function<void(MoeArchitecture&)>> switches{
      {"selection bias", [](MoeArchitecture& moe) { moe.selection_bias = true; }},
      {"normalised weights", [](MoeArchitecture& moe) { moe.normalize_weights = true; }},
      {"weights scale", [](MoeArchitecture& moe) { moe.weights_scale = 2; }},
      {"sigmoid router", [](MoeArchitecture& moe) { moe.router = RouterKind::kSigmoid; }},
      {"shared expert", [](MoeArchitecture& moe) { moe.shared_ff = 28; }},
      {"gated shared expert", [](MoeArchitecture& moe) { moe.shared_ff = 28, moe.shared_gate = true; }},
      {"leading dense layer", [](MoeArchitecture& moe) { moe.leading_dense_layers = 1; }},
  };
  for (const auto& [name, change] : switches) {
    Architecture a = plain;
    change(*a.moe);
    const WeightSource weights = RandomWeights(a, 11);
    const std::vector<float> logits = Transformer::Create(a, weights)->Forward(sequences);
    EXPECT_LT(Distance(logits, ExpectedLogits(a, weights, sequences)), kTolerance) << name;
    EXPECT_GT(Distance(logits, without), 1000 * kTolerance) << name;
  }
}

TEST(TransformerTest, AnyNumberOfThreadsGivesTheSameBits) {
  for (const ArchitectureVariant& variant : ArchitectureVariants()) {
    if (variant.name != "Gemma2" && variant.name != "Dots1" && variant.name != "Gpt2") continue;
    Architecture a = TinyLlama();
    // Wide enough for products of several tiles that are worth waking the pool for.
    a.d_model = 300, a.d_ff = 600, a.vocab_size = 1000;
    variant.change(a);
    const auto model = Transformer::Create(a, RandomWeights(a, 5));
    SetGemmThreads(1);
    const Sequences sequences{RandomTokens(90, 1000, 1), RandomTokens(40, 1000, 2)};
    const std::vector<float> one = model->Forward(sequences);
    for (const int threads : {2, 3}) {
      SetGemmThreads(threads);
      const std::vector<float> many = model->Forward(sequences);
      EXPECT_EQ(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)), 0)
          << variant.name << " with " << threads << " threads";
    }
    const Tap silent = [](const TapEvent&) {};
    const std::vector<float> tapped = model->Forward(sequences, silent);
    EXPECT_EQ(std::memcmp(one.data(), tapped.data(), one.size() * sizeof(float)), 0) << variant.name << " with a tap";
  }
  SetGemmThreads(0);
}

TEST(TransformerTest, CblasBackendAgrees) {
  if (!GemmBackendAvailable(GemmBackend::kCblas)) GTEST_SKIP() << "this build has no CBLAS";
  const GemmBackend before = CurrentGemmBackend();
  SetGemmBackend(GemmBackend::kCblas);
  const Architecture a = TinyLlama();
  const WeightSource weights = RandomWeights(a, 11);
  const std::vector<float> logits = Transformer::Create(a, weights)->Forward(ThreeSequences());
  SetGemmBackend(before);
  EXPECT_LT(Distance(logits, ExpectedLogits(a, weights, ThreeSequences())), kTolerance);
}

// Rounding 13 layers of products to 8 bits, inputs and weights: each product is off by about 2^-9 sqrt(2) / sqrt(3) of
// its size, sqrt(13) of them by 0.006, the largest of 4880 logits by 4 times that; a float pass would be off by under
// 1e-5.
TEST(TransformerTest, Bf16IsRoundedAndClose) {
  Architecture a = TinyLlama();
  if (!GemmBf16Supported()) {
    EXPECT_BANTAM_ERROR(Transformer::Create(a, RandomWeights(a, 1), {.bf16 = true}), ErrorCode::kUnsupported,
                        HasSubstr("AVX-512"));
    return;
  }
  for (const bool tied : {false, true}) {
    a.tied_embeddings = tied;
    const WeightSource weights = RandomWeights(a, 11);
    const std::vector<float> logits = Transformer::Create(a, weights, {.bf16 = true})->Forward(ThreeSequences());
    const double distance = Distance(logits, ExpectedLogits(a, weights, ThreeSequences()));
    EXPECT_LT(distance, 0.05);
    EXPECT_GT(distance, 0.002);
  }
}

TEST(TransformerTest, SequencesDoNotSeeEachOther) {
  Architecture a = TinyLlama();
  a.sliding_window = 20;
  const auto model = Transformer::Create(a, RandomWeights(a, 3));
  const Sequences both{RandomTokens(30, 61, 1), RandomTokens(30, 61, 2)};
  const std::vector<float> together = model->Forward(both);
  Sequences other = both;
  other[1] = RandomTokens(30, 61, 9);
  const std::vector<float> changed = model->Forward(other);
  const size_t half = together.size() / 2;
  EXPECT_EQ(std::memcmp(together.data(), changed.data(), half * sizeof(float)), 0);
  EXPECT_NE(std::memcmp(together.data() + half, changed.data() + half, half * sizeof(float)), 0);
}

TEST(TransformerTest, LaterTokensDoNotReachEarlierLogits) {
  const Architecture a = TinyLlama();
  const auto model = Transformer::Create(a, RandomWeights(a, 3));
  Sequences tokens{RandomTokens(70, 61, 1)};
  const std::vector<float> before = model->Forward(tokens);
  tokens[0][40] = (tokens[0][40] + 1) % 61;
  const std::vector<float> after = model->Forward(tokens);
  EXPECT_EQ(std::memcmp(before.data(), after.data(), 40 * 61 * sizeof(float)), 0);
  for (int64_t row = 40; row < 70; ++row) {
    EXPECT_NE(std::memcmp(before.data() + row * 61, after.data() + row * 61, 61 * sizeof(float)), 0) << row;
  }
}

// A copy of an event: what it points to is gone after the call.
struct RecordedEvent {
  TapEvent event;
  std::string tensor;
  std::vector<float> values;
  std::vector<int64_t> row_index;
};

// One dense layer and one with routed and shared experts, and windows of 5.
class TapTest : public ::testing::Test {
 protected:
  TapTest() {
    architecture_ = TinyLlama();
    architecture_.tied_embeddings = true;
    architecture_.sliding_window = 5;
    architecture_.moe = TinyMoe();
    architecture_.moe->leading_dense_layers = 1;
    architecture_.moe->shared_ff = 28;
    architecture_.moe->shared_gate = true;
    weights_ = RandomWeights(architecture_, 3);
    Transformer::Create(architecture_, weights_)->Forward(sequences_, [&](const TapEvent& event) {
      events_.push_back({event,
                         std::string(event.tensor),
                         std::vector<float>(event.values, event.values + event.rows * event.columns),
                         {event.row_index.begin(), event.row_index.end()}});
    });
  }

  std::vector<RecordedEvent> Events(TapKind kind, const std::string& tensor = "") const {
    std::vector<RecordedEvent> chosen;
    for (const RecordedEvent& recorded : events_) {
      if (recorded.event.kind == kind && (tensor.empty() || recorded.tensor == tensor)) chosen.push_back(recorded);
    }
    return chosen;
  }

  Architecture architecture_;
  WeightSource weights_;
  const Sequences sequences_{RandomTokens(70, 61, 1), RandomTokens(9, 61, 2)};
  std::vector<RecordedEvent> events_;
};

TEST_F(TapTest, LinearLayersComeInOrderWithAllRows) {
  std::vector<std::string> names;
  for (const RecordedEvent& recorded : Events(TapKind::kLinearInput)) {
    if (recorded.event.expert >= 0) continue;
    names.push_back(recorded.tensor);
    EXPECT_EQ(recorded.event.rows, 79) << recorded.tensor;
    EXPECT_TRUE(recorded.row_index.empty()) << recorded.tensor;
  }
  EXPECT_THAT(names, ::testing::ElementsAre("blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight",
                                            "blk.0.attn_output.weight", "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight",
                                            "blk.0.ffn_down.weight", "blk.1.attn_q.weight", "blk.1.attn_k.weight",
                                            "blk.1.attn_v.weight", "blk.1.attn_output.weight",
                                            "blk.1.ffn_gate_inp.weight", "blk.1.ffn_gate_shexp.weight",
                                            "blk.1.ffn_up_shexp.weight", "blk.1.ffn_down_shexp.weight",
                                            "blk.1.ffn_gate_inp_shexp.weight", "token_embd.weight"));
}

TEST_F(TapTest, BlocksFollowEachOther) {
  const std::vector<RecordedEvent> inputs = Events(TapKind::kBlockInput), outputs = Events(TapKind::kBlockOutput);
  ASSERT_EQ(inputs.size(), 2u);
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(inputs[1].values, outputs[0].values);
  EXPECT_NE(inputs[0].values, outputs[0].values);
  EXPECT_EQ(inputs[0].event.columns, 32);
  // The first block's input is the embedding itself.
  const std::vector<float> table = weights_("token_embd.weight");
  EXPECT_TRUE(std::equal(inputs[0].values.begin(), inputs[0].values.begin() + 32,
                         table.begin() + static_cast<int64_t>(sequences_[0][0]) * 32));
}

TEST_F(TapTest, ExpertsGetRowsOfTheRoutersInput) {
  const RecordedEvent router = Events(TapKind::kLinearInput, "blk.1.ffn_gate_inp.weight").at(0);
  for (const char* tensor : {"blk.1.ffn_gate_exps.weight", "blk.1.ffn_up_exps.weight"}) {
    int64_t routed = 0, last_expert = -1;
    for (const RecordedEvent& recorded : Events(TapKind::kLinearInput, tensor)) {
      const TapEvent& event = recorded.event;
      EXPECT_GT(event.expert, last_expert);
      last_expert = event.expert;
      routed += event.rows;
      ASSERT_EQ(recorded.row_index.size(), static_cast<size_t>(event.rows));
      for (int64_t i = 0; i < event.rows; ++i) {
        EXPECT_TRUE(std::equal(recorded.values.begin() + i * 32, recorded.values.begin() + (i + 1) * 32,
                               router.values.begin() + recorded.row_index[i] * 32));
      }
    }
    EXPECT_EQ(routed, 79 * 2) << tensor;
  }
  EXPECT_EQ(Events(TapKind::kLinearInput, "blk.1.ffn_down_exps.weight").at(0).event.columns, 20);
}

TEST_F(TapTest, AttentionIsCausalWindowedAndAddsUp) {
  const std::vector<RecordedEvent> attention = Events(TapKind::kAttention);
  ASSERT_EQ(attention.size(), 2u * 2 * 4);  // layers, sequences, heads
  for (const RecordedEvent& recorded : attention) {
    const TapEvent& event = recorded.event;
    ASSERT_EQ(event.rows, static_cast<int64_t>(sequences_[event.sequence].size()));
    ASSERT_EQ(event.columns, event.rows);
    for (int64_t i = 0; i < event.rows; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < event.columns; ++j) {
        const float p = recorded.values[i * event.columns + j];
        sum += p;
        EXPECT_EQ(p > 0, j <= i && i - j < 5) << i << ", " << j;
      }
      EXPECT_NEAR(sum, 1, 5 * 0x1p-23);  // five probabilities, each rounded twice
    }
  }
}

// Whoever has a layer's input and its weight can redo the layer.
TEST_F(TapTest, LogitsComeLastAndAreTheHeadsProduct) {
  const RecordedEvent head = Events(TapKind::kLinearInput, "token_embd.weight").at(0), &logits = events_.back();
  EXPECT_EQ(logits.event.kind, TapKind::kLogits);
  EXPECT_EQ(logits.event.columns, 61);
  const std::vector<float> matrix = weights_("token_embd.weight");
  for (size_t place = 0; place < logits.values.size(); ++place) {
    double sum = 0, magnitude = 0;
    for (int64_t j = 0; j < 32; ++j) {
      const double product = double{head.values[place / 61 * 32 + j]} * matrix[place % 61 * 32 + j];
      sum += product;
      magnitude += std::abs(product);
    }
    EXPECT_NEAR(logits.values[place], sum, 33 * 0x1p-24 * magnitude);
  }
}

TEST(TransformerTest, BadCallsAreErrors) {
  const Architecture a = TinyLlama();
  const WeightSource weights = RandomWeights(a, 3);
  const auto model = Transformer::Create(a, weights);
  const auto run = [&](const Sequences& sequences) { model->Forward(sequences); };
  EXPECT_BANTAM_ERROR(run({{1}, {}}), ErrorCode::kUsage, HasSubstr("sequence 1: no tokens"));
  EXPECT_BANTAM_ERROR(run({RandomTokens(97, 61, 1)}), ErrorCode::kUsage,
                      HasSubstr("97 tokens, the model's context is 96"));
  EXPECT_BANTAM_ERROR(run({{5, 61}}), ErrorCode::kUsage, HasSubstr("token 61 is not in the vocabulary of 61"));
  EXPECT_BANTAM_ERROR(run({{-1}}), ErrorCode::kUsage, HasSubstr("token -1"));
  EXPECT_TRUE(model->Forward(Sequences{}).empty());
  EXPECT_EQ(model->Forward(Sequences{RandomTokens(96, 61, 1)}).size(), 96u * 61u);

  const WeightSource truncated = [&](const std::string& name) {
    std::vector<float> values = weights(name);
    if (name == "blk.1.ffn_up.weight") values.pop_back();
    return values;
  };
  EXPECT_BANTAM_ERROR(Transformer::Create(a, truncated), ErrorCode::kFormat,
                      HasSubstr("blk.1.ffn_up.weight: tensor has 1535 values, the architecture needs 1536"));
  Architecture broken = a;
  broken.kv_heads = 3;
  EXPECT_BANTAM_ERROR(Transformer::Create(broken, weights), ErrorCode::kFormat, HasSubstr("heads"));
}

}  // namespace
}  // namespace bantam
