#include "runtime/session.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "model/memory.h"
#include "runtime/kernels/kernel_testing.h"
#include "runtime/sampler.h"
#include "runtime/session_testing.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {

std::shared_ptr<const Model> testing::RandomModel(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const Model>> models;
  auto& model = models[name];
  if (model == nullptr) {
    const TemporaryFolder folder;  // the mapped files outlive their names
    WriteRandomHfFolder(folder.path(), {.name = name, .seed = 7});
    model = Model::Open(folder.path());
  }
  return model;
}

namespace {

using ::testing::AllOf;
using testing::BitDifference;
using ::testing::HasSubstr;
using testing::LoadAs;
using testing::RandomModel;
using testing::RandomTokens;
using testing::RunnableIsas;

struct Way {
  DType kv = DType::kF32;
  int64_t chunk = 256;
  int threads = 1;
  int64_t context = 64;
};

std::unique_ptr<Session> Open(std::shared_ptr<const RuntimeModel> model, const Way& way) {
  return Session::Create(std::move(model), {.context = way.context,
                                            .kv = way.kv,
                                            .prefill_chunk = way.chunk,
                                            .pool = std::make_shared<ThreadPool>(way.threads)});
}

// Logits at every position, one after the other.
std::vector<float> AllLogits(std::shared_ptr<const RuntimeModel> model, const Way& way,
                             const std::vector<int32_t>& tokens) {
  std::vector<float> all;
  int64_t next = 0;
  Open(std::move(model), way)->ForwardAll(tokens, [&](int64_t position, std::span<const float> logits) {
    EXPECT_EQ(position, next++);
    all.insert(all.end(), logits.begin(), logits.end());
  });
  EXPECT_EQ(next, static_cast<int64_t>(tokens.size()));
  return all;
}

class EveryModel : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryModel, GivesTheSameBitsForAnyThreadsChunksAndInstructionSet) {
  const int64_t vocabulary = RandomModel(GetParam())->architecture().vocab_size;
  const std::vector<int32_t> tokens = RandomTokens(41, vocabulary, 5);
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0}) {
    for (const DType kv : {DType::kF32, DType::kF16}) {
      if (kv == DType::kF16 && dtype != DType::kF32 && dtype != DType::kQ8_0) continue;  // the cache meets no weights
      const auto model = LoadAs(GetParam(), dtype, RunnableIsas().back());
      const std::vector<float> expected = AllLogits(model, {.kv = kv}, tokens);
      for (const Way& way : {Way{kv, 1, 1}, Way{kv, 7, 1}, Way{kv, 256, 2}, Way{kv, 20, 3}}) {
        EXPECT_EQ(BitDifference(expected, AllLogits(model, way, tokens)), "")
            << Name(dtype) << " kv " << Name(kv) << " chunk " << way.chunk << " threads " << way.threads;
      }
      for (const Isa isa : RunnableIsas()) {
        const std::vector<int32_t> few(tokens.begin(), tokens.begin() + 12);  // scalar code is slow
        const std::vector<float> start(expected.begin(), expected.begin() + 12 * vocabulary);
        EXPECT_EQ(BitDifference(start, AllLogits(LoadAs(GetParam(), dtype, isa), {.kv = kv}, few)), "")
            << Name(dtype) << " kv " << Name(kv) << " " << IsaName(isa);
      }
    }
  }
}

TEST_P(EveryModel, AnswersTheSameThroughEveryEntrance) {
  const auto model = RuntimeModel::Load(*RandomModel(GetParam()));
  const int64_t vocabulary = model->architecture().vocab_size;
  const std::vector<int32_t> tokens = RandomTokens(23, vocabulary, 6);
  const std::vector<float> expected = AllLogits(model, {}, tokens);
  const auto row = [&](size_t position) {
    const auto begin = expected.begin() + static_cast<int64_t>(position) * vocabulary;
    return std::vector<float>(begin, begin + vocabulary);
  };
  const auto session = Open(model, {.chunk = 8});
  const auto forward = [&](size_t begin, size_t end) {
    const auto logits = session->Forward({tokens.data() + begin, end - begin});
    return std::vector<float>(logits.begin(), logits.end());
  };
  EXPECT_EQ(BitDifference(forward(0, 20), row(19)), "") << "a prompt";
  EXPECT_EQ(BitDifference(forward(20, 21), row(20)), "") << "one token more";
  session->Truncate(4);
  EXPECT_EQ(session->position(), 4);
  EXPECT_EQ(BitDifference(forward(4, 23), row(22)), "") << "after forgetting some";
  session->Truncate(0);
  EXPECT_EQ(BitDifference(forward(0, 1), row(0)), "") << "after forgetting all";
}

INSTANTIATE_TEST_SUITE_P(Families, EveryModel, ::testing::ValuesIn(testing::RandomModelNames()), [](const auto& test) {
  std::string name = test.param;
  std::replace_if(name.begin(), name.end(), [](char c) { return c == ':' || c == '-'; }, '_');
  return name;
});

TEST(Session, CachedKeysMatter) {
  // The same token after two different beginnings: if the cache did not count, its logits would be equal.
  const auto model = RuntimeModel::Load(*RandomModel("llama"));
  const auto a = AllLogits(model, {}, {5, 6, 7}), b = AllLogits(model, {}, {9, 6, 7});
  EXPECT_NE(BitDifference(a, b), "");
  const auto vocabulary = static_cast<size_t>(model->architecture().vocab_size);
  EXPECT_NE(BitDifference({a.begin() + static_cast<int64_t>(2 * vocabulary), a.end()},
                          {b.begin() + static_cast<int64_t>(2 * vocabulary), b.end()}),
            "");
}

// Root mean square of the difference of two rows of logits over the deviation of the first.
double RelativeDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double mean = 0.0, variance = 0.0, square = 0.0;
  for (const float value : a) mean += value / static_cast<double>(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    variance += (a[i] - mean) * (a[i] - mean);
    square += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  }
  return std::sqrt(square / variance);
}

TEST(Session, StoredTypesDeviateAsMuchAsTheirRoundingSays) {
  const std::vector<int32_t> tokens = RandomTokens(24, RandomModel("llama")->architecture().vocab_size, 8);
  const Isa isa = RunnableIsas().back();
  const std::vector<float> exact = AllLogits(LoadAs("llama", DType::kF32, isa), {}, tokens);
  // Relative rounding errors, root mean square: 2^-p / sqrt(12) and the like, 1e-4 to 4e-4 (F16), 1e-3 to 3e-3 (BF16),
  // 5e-3 (8 bit), 8e-2 (4 bit). A few products deep they grow several times; ten times too much or too little is a defect.
  const std::pair<DType, double> expected[] = {
      {DType::kF16, 5e-4}, {DType::kBF16, 4e-3}, {DType::kQ8_0, 1e-2}, {DType::kQ4_0, 0.2}};
  for (const auto& [dtype, size] : expected) {
    const double difference = RelativeDifference(exact, AllLogits(LoadAs("llama", dtype, isa), {}, tokens));
    EXPECT_GT(difference, size / 5) << Name(dtype);
    EXPECT_LT(difference, size * 5) << Name(dtype);
  }
  const auto model = LoadAs("llama", DType::kF32, isa);
  const double cache = RelativeDifference(exact, AllLogits(model, {.kv = DType::kF16}, tokens));
  EXPECT_GT(cache, 1e-5);
  EXPECT_LT(cache, 2e-3);
}

TEST(Session, WindowForgetsWhatIsBehindIt) {
  // Two texts that differ only in their first token. Information travels at most window - 1 positions per layer, so far
  // enough behind, the logits are the same bits; before, they are not.
  int tested = 0;
  for (const std::string& name : testing::RandomModelNames()) {
    const auto model = RuntimeModel::Load(*RandomModel(name));
    const Architecture& a = model->architecture();
    bool all_slide = a.sliding_window > 0;
    for (int64_t layer = 0; layer < a.layers; ++layer) all_slide = all_slide && a.LayerSlides(layer);
    const int64_t reach = a.layers * (a.sliding_window - 1);
    if (!all_slide || reach + 2 > a.context_length) continue;
    ++tested;
    std::vector<int32_t> tokens = RandomTokens(reach + 2, a.vocab_size, 9);
    const Way way{.context = reach + 2};
    const auto first = AllLogits(model, way, tokens);
    tokens[0] = (tokens[0] + 1) % static_cast<int32_t>(a.vocab_size);
    const auto second = AllLogits(model, way, tokens);
    const auto row = [&](const std::vector<float>& all, int64_t position) {
      return std::vector<float>(all.begin() + position * a.vocab_size, all.begin() + (position + 1) * a.vocab_size);
    };
    EXPECT_NE(BitDifference(row(first, reach), row(second, reach)), "") << name;
    EXPECT_EQ(BitDifference(row(first, reach + 1), row(second, reach + 1)), "") << name;
  }
  EXPECT_GT(tested, 0);
}

TEST(Session, RefusesWhatDoesNotFitAndKeepsItsState) {
  const auto model = RuntimeModel::Load(*RandomModel("llama"));
  const auto session = Open(model, {.context = 10});
  const std::vector<int32_t> tokens(7, 3);
  session->Forward(tokens);
  EXPECT_BANTAM_ERROR(session->Forward({tokens.data(), 4}), ErrorCode::kUsage, HasSubstr("3 more fit"));
  EXPECT_EQ(session->position(), 7);
  session->Forward({tokens.data(), 3});
  EXPECT_BANTAM_ERROR(session->Forward({tokens.data(), 1}), ErrorCode::kUsage, HasSubstr("0 more fit"));

  session->Truncate(0);
  const auto vocabulary = static_cast<int32_t>(model->architecture().vocab_size);
  for (const int32_t bad : {-1, vocabulary}) {
    const std::vector<int32_t> ids = {1, 2, bad};
    EXPECT_BANTAM_ERROR(session->Forward(ids), ErrorCode::kUsage,
                        AllOf(HasSubstr("token 2"), HasSubstr(std::to_string(bad))));
  }
  EXPECT_BANTAM_ERROR(session->Forward({}), ErrorCode::kUsage, HasSubstr("no tokens"));
  EXPECT_EQ(session->position(), 0);
  EXPECT_BANTAM_ERROR(session->Truncate(1), ErrorCode::kUsage, HasSubstr("position 1"));
  EXPECT_BANTAM_ERROR(session->Truncate(-1), ErrorCode::kUsage, HasSubstr("position -1"));
}

TEST(Session, RefusesImpossibleOptions) {
  const auto model = RuntimeModel::Load(*RandomModel("llama"));
  const int64_t longest = model->architecture().context_length;
  EXPECT_EQ(Session::Create(model)->context(), std::min<int64_t>(longest, 4096));
  for (const int64_t context : {int64_t{-1}, longest + 1, int64_t{1} << 62}) {
    EXPECT_BANTAM_ERROR(Session::Create(model, {.context = context}), ErrorCode::kUsage,
                        HasSubstr(std::to_string(longest)));
  }
  EXPECT_BANTAM_ERROR(Session::Create(model, {.kv = DType::kQ8_0}), ErrorCode::kUsage, HasSubstr("Q8_0"));
  EXPECT_BANTAM_ERROR(Session::Create(model, {.prefill_chunk = 0}), ErrorCode::kUsage, HasSubstr("chunk of 0"));
}

TEST(Session, StopsBetweenChunksWhenCancelled) {
  const auto model = RuntimeModel::Load(*RandomModel("llama"));
  const auto session = Open(model, {.chunk = 4});
  int asked = 0;
  const auto cancelled = [&] { return ++asked == 3; };
  const std::vector<int32_t> tokens(20, 3);
  EXPECT_BANTAM_ERROR(session->Forward(tokens, cancelled), ErrorCode::kCancelled, HasSubstr("position 8"));
  EXPECT_EQ(session->position(), 8);
}

TEST(Session, MemoryIsCacheAndBuffers) {
  const auto model = RuntimeModel::Load(*RandomModel("llama"));
  const Architecture& a = model->architecture();
  const auto bytes = [&](const Way& way) { return static_cast<int64_t>(Open(model, way)->memory_bytes()); };
  // Everything but the cache and the scores is the same for two contexts; parts are multiples of 64 bytes.
  const int64_t more =
      bytes({.kv = DType::kF32, .chunk = 8, .context = 64}) - bytes({.kv = DType::kF32, .chunk = 8, .context = 32});
  EXPECT_EQ(more, KvBytes(a, DType::kF32, 64) - KvBytes(a, DType::kF32, 32) + 32 * 4);
  const int64_t f16 = bytes({.kv = DType::kF16, .chunk = 8, .context = 64});
  EXPECT_EQ(bytes({.kv = DType::kF32, .chunk = 8, .context = 64}) - f16, KvBytes(a, DType::kF16, 64));
  EXPECT_GT(f16, KvBytes(a, DType::kF16, 64) + a.vocab_size * 4);
}

TEST(RuntimeModel, CountsItsBytes) {
  for (const std::string& name : testing::RandomModelNames()) {
    const auto source = RandomModel(name);
    const auto model = RuntimeModel::Load(*source);
    const Architecture& a = model->architecture();
    uint64_t held = 0, read = 0;
    for (const TensorSpec& spec : source->tensors()) {
      if (spec.role == TensorRole::kRopeFactors) continue;
      const auto bytes = static_cast<uint64_t>(ElementCount(spec.shape)) * 4;
      held += bytes;
      if (spec.role == TensorRole::kEmbedding || spec.role == TensorRole::kPosition) {
        read += static_cast<uint64_t>(a.d_model) * 4;
        if (spec.role == TensorRole::kEmbedding && a.tied_embeddings) read += bytes;
      } else if (spec.role == TensorRole::kExpert) {
        read += bytes / static_cast<uint64_t>(a.moe->experts) * static_cast<uint64_t>(a.moe->experts_used);
      } else {
        read += bytes;
      }
    }
    EXPECT_EQ(model->weight_bytes(), held) << name;
    EXPECT_EQ(model->bytes_per_token(), read) << name;
  }
}

TEST(RuntimeModel, NanInTheWeightsIsAnErrorNotAText) {
  const auto source = RandomModel("llama");
  class WithNan : public testing::EncodedSource {
   public:
    using EncodedSource::EncodedSource;
    Tensor Load(std::string_view name) const override {
      const Tensor tensor = EncodedSource::Load(name);
      if (name == "blk.0.ffn_up.weight") {
        const float nan = NAN;
        std::memcpy(const_cast<std::byte*>(tensor.bytes.data()) + 400, &nan, sizeof(nan));
      }
      return tensor;
    }
  };
  const auto model = std::make_shared<Weights>(source->architecture(), WithNan(source, DType::kF32), ChooseIsa());
  const auto session = Open(model, {});
  const std::vector<int32_t> tokens = {1, 2};
  EXPECT_BANTAM_ERROR(session->Forward(tokens), ErrorCode::kNumeric, HasSubstr("position 1"));
}

TEST(RuntimeModel, Stories260KContinuesItsStory) {
  BANTAM_NEEDS_DATA();
  const auto model = RuntimeModel::Load(*Model::Open(testing::DataFolder() / "models/stories260K/stories260K.bin"));
  // "Once upon a time" and, up to the full stop, ", there was a little girl named Lily."
  const std::vector<int32_t> prompt = {1, 403, 407, 261, 378};
  const std::vector<int32_t> golden = {432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426};
  for (const DType kv : {DType::kF32, DType::kF16}) {
    const auto session = Session::Create(model, {.kv = kv});
    std::vector<int32_t> answer;
    auto logits = session->Forward(prompt);
    while (answer.size() < golden.size()) {
      answer.push_back(ArgMax(logits));
      logits = session->Forward({&answer.back(), 1});
    }
    EXPECT_EQ(answer, golden) << Name(kv);
  }
}

}  // namespace
}  // namespace bantam
