#include "measure/base_file.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "measure/fake_source.h"
#include "measure/log_softmax.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::FakeSource;
using bantam::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr int64_t kVocab = 12, kTopK = 3;
constexpr size_t kDescriptionBytes = 4;  // "fake"
constexpr size_t kTable = 8 + 4 * 4 + 3 * 8 + 32 + kDescriptionBytes;
constexpr size_t kTokens = kTable + 2 * 8;  // two windows
constexpr size_t kRows = kTokens + 7 * 4;   // 4 + 3 tokens
constexpr size_t kRow = 8 + 8 + 4 + kTopK * 8;
constexpr size_t kSize = kRows + 4 * kRow;  // 2 + 2 scored positions

// Windows whose first row keeps its correct token outside the top, the second inside.
struct Sample {
  std::string bytes;
  std::vector<std::vector<float>> logits;
  std::vector<int32_t> targets;
  std::vector<Window> windows;
};

Sample MakeSample() {
  const TemporaryFolder folder;
  const FakeSource source(kVocab, 1, 0.0);
  Sample sample;
  const auto order = [&](int64_t t, int32_t token) { return TopIndices(source.Logits(t, token), kVocab); };
  const int32_t outside = order(1, 5)[7], inside = order(2, outside)[1];
  sample.windows = {{{4, 5, outside, inside}, 1}, {{0, 1, 2}, 0}};
  BaseFileWriter writer(folder / "base", kVocab, kTopK, "fake", sample.windows);
  for (const Window& window : sample.windows) {
    for (int64_t t = window.first; t + 1 < static_cast<int64_t>(window.tokens.size()); ++t) {
      sample.logits.push_back(source.Logits(t, window.tokens[t]));
      sample.targets.push_back(window.tokens[t + 1]);
      writer.Add(sample.logits.back(), sample.targets.back());
    }
  }
  writer.Commit();
  sample.bytes = ReadFile(folder / "base");
  return sample;
}

BaseFile Parse(const std::string& bytes) { return BaseFile::Parse(std::as_bytes(std::span(bytes)), nullptr, "base"); }

void ReadAll(const std::string& bytes) {
  const BaseFile file = Parse(bytes);
  for (int64_t row = 0; row < file.rows(); ++row) file.Row(row);
}

TEST(BaseFileTest, GivesBackWhatWasWritten) {
  const Sample sample = MakeSample();
  EXPECT_EQ(sample.bytes.size(), kSize) << "the documented layout";
  const BaseFile file = Parse(sample.bytes);
  EXPECT_EQ(file.vocab_size(), kVocab);
  EXPECT_EQ(file.top_k(), kTopK);
  EXPECT_EQ(file.description(), "fake");
  ASSERT_EQ(file.windows().size(), 2u);
  for (int w = 0; w < 2; ++w) {
    EXPECT_EQ(file.windows()[w].tokens, sample.windows[w].tokens);
    EXPECT_EQ(file.windows()[w].first, sample.windows[w].first);
  }
  ASSERT_EQ(file.rows(), 4);
  for (int64_t r = 0; r < 4; ++r) {
    const BaseRow row = file.Row(r);
    const std::vector<float>& logits = sample.logits[r];
    EXPECT_EQ(row.log_sum_exp, LogSumExp(logits));
    EXPECT_EQ(row.target_logit, logits[sample.targets[r]]);
    double rest = 0.0;
    for (int32_t id = 0; id < kVocab; ++id) {
      const auto top = TopIndices(logits, kTopK);
      const bool kept = id == sample.targets[r] || std::find(top.begin(), top.end(), id) != top.end();
      if (!kept) rest += std::exp(logits[id] - row.log_sum_exp);
    }
    EXPECT_NEAR(row.log_rest, std::log(rest), 1e-13);  // 12 terms of relative error 2^-52
    for (int64_t k = 0; k < kTopK; ++k) {
      EXPECT_EQ(row.top[k].id, TopIndices(logits, kTopK)[k]);
      EXPECT_EQ(row.top[k].logit, logits[row.top[k].id]);
    }
  }
}

TEST(BaseFileTest, TailFarBelowOneKeepsItsDigits) {
  // The tail of this row is e^-800, which no double probability can hold.
  const std::vector<float> logits = {0.0f, -800.0f, -800.0f};
  EXPECT_NEAR(MakeBaseRow(logits, 0, 1).log_rest, -800.0 + std::log(2.0), 1e-12);
  EXPECT_TRUE(std::isinf(MakeBaseRow(logits, 0, 3).log_rest));
}

struct Damage {
  const char* what;
  std::function<void(std::string&)> apply;
  const char* message;
};

template <typename T>
std::function<void(std::string&)> Put(size_t offset, T value) {
  return [=](std::string& bytes) { std::memcpy(bytes.data() + offset, &value, sizeof(value)); };
}

TEST(BaseFileTest, RefusesDamagedFiles) {
  const Sample sample = MakeSample();
  const int32_t second_top = TopIndices(sample.logits[0], kTopK)[1];
  const Damage cases[] = {
      {"empty", [](std::string& b) { b.clear(); }, "magic"},
      {"magic", Put(0, 'X'), "no file of base results"},
      {"version", Put<uint32_t>(8, 2), "version 2"},
      {"no vocabulary", Put<uint32_t>(12, 0), "vocabulary of 0"},
      {"huge vocabulary", Put<uint32_t>(12, 0xFFFFFFFF), "makes no sense"},
      {"small vocabulary", Put<uint32_t>(12, 4), "outside the vocabulary"},
      {"top_k 0", Put<uint32_t>(16, 0), "top_k is 0"},
      {"top_k above vocabulary", Put<uint32_t>(16, 13), "top_k is 13"},
      {"description", Put<uint32_t>(20, 0xFFFFFFFF), "description"},
      {"windows", Put<uint64_t>(24, ~uint64_t{0}), "do not fit"},
      {"windows overflow", Put<uint64_t>(24, uint64_t{1} << 61), "do not fit"},
      {"tokens", Put<uint64_t>(32, ~uint64_t{0} / 4), "do not fit"},
      {"rows", Put<uint64_t>(40, 5), "header says"},
      {"hash", Put(48, 'X'), "SHA-256"},
      {"token", Put<int32_t>(kTokens, 3), "SHA-256"},
      {"cut in the tokens", [](std::string& b) { b.resize(kTokens + 3); }, "do not fit"},
      {"cut in the rows", [](std::string& b) { b.pop_back(); }, "do not fit"},
      {"trailing bytes", [](std::string& b) { b += "x"; }, "1 bytes follow"},
      {"log_sum_exp", Put<double>(kRows, NAN), "not finite"},
      {"log_rest", Put<double>(kRows + 8, NAN), "not finite"},
      {"mass", Put<double>(kRows + 8, 0.0), "add up to"},
      {"target", Put<float>(kRows + 16, INFINITY), "not finite"},
      {"target above the top", Put<float>(kRows + 16, 1000.0f), "should be in the top"},
      {"target differs from its entry", Put<float>(kRows + kRow + 16, -2.0f), "two different logits"},
      {"id", Put<int32_t>(kRows + 20, 12), "outside the vocabulary"},
      {"negative id", Put<int32_t>(kRows + 20, -1), "outside the vocabulary"},
      {"id twice", Put<int32_t>(kRows + 20, second_top), "twice"},
      {"order", Put<float>(kRows + 20 + 8 + 4, 1000.0f), "out of order"},
  };
  EXPECT_NO_THROW(ReadAll(sample.bytes));
  for (const Damage& damage : cases) {
    SCOPED_TRACE(damage.what);
    std::string bytes = sample.bytes;
    damage.apply(bytes);
    EXPECT_BANTAM_ERROR(ReadAll(bytes), ErrorCode::kFormat, HasSubstr(damage.message));
  }
  for (size_t length = 0; length < kSize; ++length) {
    EXPECT_BANTAM_ERROR(ReadAll(sample.bytes.substr(0, length)), ErrorCode::kFormat, HasSubstr("base"));
  }
}

TEST(BaseFileTest, NothingAppearsWithoutCommit) {
  const TemporaryFolder folder;
  {
    BaseFileWriter writer(folder / "base", 4, 2, "m", std::vector<Window>{{{0, 1}, 0}});
    EXPECT_BANTAM_ERROR(writer.Commit(), ErrorCode::kInternal, HasSubstr("0 rows of 1"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace bantam
