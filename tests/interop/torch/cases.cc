#include "cases.h"

#include <array>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/rng.h"
#include "transformer/random_weights.h"
#include "transformer/test_architectures.h"

namespace bantam {
namespace {

constexpr uint64_t kSeed = 21;

// Longer than a block of queries, shorter, and of one token.
const std::vector<int64_t> kThreeDocuments{70, 9, 1};

GradientCase Tiny(std::string name, const std::function<void(Architecture&)>& change) {
  GradientCase result{.name = std::move(name), .architecture = TinyLlama(), .document_lengths = kThreeDocuments};
  change(result.architecture);
  return result;
}

// As dots1: sigmoid router with a selection bias, shares normalised and scaled, a shared expert, norms of q and k, one dense
// layer before the others.
void MakeDots1(Architecture& a) {
  a.kv_heads = a.heads;
  a.rope_style = RopeStyle::kHalf;
  a.qk_norm = QkNorm::kPerHead;
  a.moe = TinyMoe();
  a.moe->router = RouterKind::kSigmoid;
  a.moe->selection_bias = a.moe->normalize_weights = true;
  a.moe->weights_scale = 2.5;
  a.moe->shared_ff = 40;
  a.moe->leading_dense_layers = 1;
}

Architecture HouseModel() {
  Architecture a = TinyLlama();
  a.layers = 10;
  a.d_model = 256;
  a.heads = 4;
  a.kv_heads = 2;
  a.head_dim = a.rope_dim = 64;
  a.d_ff = 768;
  a.vocab_size = 4096;
  a.context_length = 128;
  a.attention_scale = 1 / 8.0;
  a.tied_embeddings = true;
  return a;
}

Architecture WideMoe() {
  Architecture a = HouseModel();
  MakeDots1(a);
  a.layers = 4;
  a.d_model = 128;
  a.d_ff = 256;
  a.vocab_size = 512;
  a.tied_embeddings = false;
  a.moe->experts = 16;
  a.moe->experts_used = 4;
  a.moe->expert_ff = 96;
  a.moe->shared_ff = 128;
  return a;
}

}  // namespace

const std::vector<GradientCase>& GradientCases() {
  static const std::vector<GradientCase> cases{
      Tiny("llama", [](Architecture&) {}),
      Tiny("llama-tied", [](Architecture& a) { a.tied_embeddings = true; }),
      Tiny("llama-one-kv-head", [](Architecture& a) { a.kv_heads = 1; }),
      Tiny("llama-window", [](Architecture& a) { a.sliding_window = 5; }),
      Tiny("llama-window-alternating", [](Architecture& a) { a.sliding_window = 60, a.sliding_pattern = 2; }),
      Tiny("qwen3",
           [](Architecture& a) { a.qk_norm = QkNorm::kPerHead, a.rope_style = RopeStyle::kHalf, a.rope_theta = 1e6; }),
      Tiny("mixtral", [](Architecture& a) { a.moe = TinyMoe(), a.moe->normalize_weights = true; }),
      Tiny("dots1", MakeDots1),
      {.name = "dots1-wide", .architecture = WideMoe(), .document_lengths = {64, 64}},
      {.name = "house", .architecture = HouseModel(), .document_lengths = {128, 128}},
  };
  return cases;
}

const GradientCase& FindGradientCase(const std::string& name) {
  std::string known;
  for (const GradientCase& each : GradientCases()) {
    if (each.name == name) return each;
    known += (known.empty() ? "" : ", ") + each.name;
  }
  Fail(ErrorCode::kUsage, "no case \"" + name + "\"", "", "known: " + known);
}

std::vector<float> CaseParameters(const GradientCase& gradient_case) {
  const Architecture& a = gradient_case.architecture;
  const ParameterLayout layout(a);
  const WeightSource source = RandomWeights(a, kSeed);
  std::vector<float> parameters;
  for (const ParameterLayout::Entry& entry : layout.entries()) {
    std::vector<float> values = source(entry.spec.name);
    if (entry.spec.role == TensorRole::kEmbedding && a.tied_embeddings) {
      // As a head, rows keep the size of their input too.
      for (float& value : values) value /= std::sqrt(static_cast<float>(a.d_model));
    }
    parameters.insert(parameters.end(), values.begin(), values.end());
  }
  return parameters;
}

TrainingBatch CaseBatch(const GradientCase& gradient_case) {
  TrainingBatch batch{.tokens = {}, .document_begin = {0}, .targets = {}, .weights = {}};
  Rng rng(kSeed);
  const auto token = [&] { return static_cast<int32_t>(rng.NextBelow(gradient_case.architecture.vocab_size)); };
  for (const int64_t length : gradient_case.document_lengths) {
    for (int64_t i = 0; i < length; ++i) {
      batch.tokens.push_back(token());
      batch.targets.push_back(token());
      batch.weights.push_back(std::array{1.0f, 0.0f, 0.5f, -0.25f}[rng.NextBelow(4)]);
    }
    batch.document_begin.push_back(static_cast<int64_t>(batch.tokens.size()));
  }
  return batch;
}

}  // namespace bantam
