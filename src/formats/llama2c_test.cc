#include "formats/llama2c.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "formats/llama2c_layout.h"
#include "formats/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::WriteText;

using Header = std::array<int32_t, 7>;  // dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len
constexpr Header kSmall = {8, 12, 2, 4, 2, 10, 6};

Bytes Checkpoint(const Header& header, size_t floats) {
  Bytes file;
  for (const int32_t number : header) file.Int(number);
  for (size_t i = 0; i < floats; ++i) file.Int(static_cast<float>(i));
  return file;
}

// Floats of kSmall, from llama2.c's legacy_export: embedding, per layer (norm, q, k, v, o, norm, three of the FFN),
// final norm, cosines and sines [seq_len, head_dim / 2]; and the head when it is not tied.
constexpr size_t kEmbedding = 10 * 8, kLayer = 8 + 64 + 32 + 32 + 64 + 8 + 3 * 96, kTables = 2 * 6 * 1;
constexpr size_t kTied = kEmbedding + 2 * kLayer + 8 + kTables, kUntied = kTied + kEmbedding;

float First(const TensorSource& source, std::string_view name) {
  return *reinterpret_cast<const float*>(source.Load(name).bytes.data());
}

TEST(Llama2c, TensorsLieWhereTheExportPutThem) {
  TemporaryFolder folder;
  WriteText(folder / "tied.bin", Checkpoint(kSmall, kTied).text());
  const auto source = Llama2cSource::Open(folder / "tied.bin");
  EXPECT_TRUE(source->config().tied);
  EXPECT_EQ(source->config().vocab_size, 10);
  EXPECT_EQ(source->entries().size(), 2 + 2 * 9u);
  struct Expected {
    const char* name;
    Shape shape;
    size_t first;  // every float of the file holds its own number
  };
  const size_t norms = kEmbedding, q = norms + 2 * 8, k = q + 2 * 64, v = k + 2 * 32, o = v + 2 * 32,
               ffn_norm = o + 2 * 64;
  const size_t w1 = ffn_norm + 2 * 8, w2 = w1 + 2 * 96, w3 = w2 + 2 * 96, final_norm = w3 + 2 * 96;
  const std::vector<Expected> expected = {
      {"token_embd.weight", {10, 8}, 0},           {"blk.0.attn_norm.weight", {8}, norms},
      {"blk.1.attn_norm.weight", {8}, norms + 8},  {"blk.1.attn_q.weight", {8, 8}, q + 64},
      {"blk.1.attn_k.weight", {4, 8}, k + 32},     {"blk.1.attn_v.weight", {4, 8}, v + 32},
      {"blk.0.attn_output.weight", {8, 8}, o},     {"blk.1.ffn_norm.weight", {8}, ffn_norm + 8},
      {"blk.1.ffn_gate.weight", {12, 8}, w1 + 96}, {"blk.1.ffn_down.weight", {8, 12}, w2 + 96},
      {"blk.1.ffn_up.weight", {12, 8}, w3 + 96},   {"output_norm.weight", {8}, final_norm},
  };
  for (const Expected& e : expected) {
    ASSERT_NE(source->Find(e.name), nullptr) << e.name;
    EXPECT_EQ(source->Find(e.name)->shape, e.shape) << e.name;
    EXPECT_EQ(source->Load(e.name).shape, e.shape) << e.name;
    EXPECT_EQ(First(*source, e.name), static_cast<float>(e.first)) << e.name;
  }
  EXPECT_EQ(source->Find("output.weight"), nullptr);
  EXPECT_BANTAM_ERROR(source->Load("output.weight"), ErrorCode::kFormat,
                      AllOf(HasSubstr("tied.bin"), HasSubstr("'output.weight'")));

  Header untied = kSmall;
  untied[5] = -10;
  WriteText(folder / "untied.bin", Checkpoint(untied, kUntied).text());
  const auto with_head = Llama2cSource::Open(folder / "untied.bin");
  EXPECT_FALSE(with_head->config().tied);
  EXPECT_EQ(with_head->config().vocab_size, 10);
  EXPECT_EQ(First(*with_head, "output.weight"), static_cast<float>(kTied));
}

TEST(Llama2c, BadCheckpoints) {
  const auto with = [](size_t field, int32_t value) {
    Header header = kSmall;
    header[field] = value;
    return Checkpoint(header, kTied);
  };
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max(), kLeast = std::numeric_limits<int32_t>::min();
  struct Case {
    const char* what;
    Bytes file;
    std::vector<std::string> words;
    ErrorCode code = ErrorCode::kFormat;
  };
  const std::vector<Case> cases = {
      {"empty", Bytes(), {"byte 0", "header"}},
      {"header cut off", Bytes().Zeros(27), {"header"}},
      {"zeros", Bytes().Zeros(4096), {"byte 0", "impossible"}},
      {"Git LFS pointer", Bytes().Raw("version https://git-lfs.github.com/spec/v1\n"), {"git lfs pull"}},
      {"later export",
       Bytes().U32(0x616b3432).Int<int32_t>(1).Zeros(248),
       {"byte 0", "--version 0"},
       ErrorCode::kUnsupported},
      {"negative dim", with(0, -8), {"byte 0", "dim -8"}},
      {"odd head size", with(3, 8), {"impossible", "n_heads 8"}},
      {"heads do not divide dim", with(3, 3), {"n_heads 3"}},
      {"no heads", with(3, 0), {"n_heads 0"}},
      {"kv heads do not divide heads", with(4, 3), {"n_kv_heads 3"}},
      {"no kv heads", with(4, 0), {"n_kv_heads 0"}},
      {"no tokens", with(5, 0), {"vocab_size 0"}},
      {"least vocabulary", with(5, kLeast), {"vocab_size -2147483648"}},
      {"no context", with(6, 0), {"seq_len 0"}},
      {"huge vocabulary", with(5, kMost), {"byte 28", "token_embd.weight", "[2147483647, 8]"}},
      {"huge layers", with(2, kMost), {"blk.*.attn_norm.weight"}},
      {"huge hidden", with(1, kMost), {"blk.*.ffn_gate.weight"}},
      {"huge context", with(6, kMost), {"freq_cis"}},
      {"everything huge", Checkpoint({kMost - 1, kMost, kMost, 1, 1, kMost, kMost}, 100), {"token_embd.weight"}},
      {"head missing", with(5, -10), {"output.weight"}},
      {"one float short", Checkpoint(kSmall, kTied - 1), {"freq_cis_imag"}},
      {"without the tables", Checkpoint(kSmall, kTied - kTables), {"freq_cis_real"}},
      {"one byte more", Checkpoint(kSmall, kTied).Raw("!"), {"1 bytes after the last tensor"}},
  };
  TemporaryFolder folder;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    WriteText(folder / "bad.bin", c.file.text());
    for (const std::string& word : c.words) {
      EXPECT_BANTAM_ERROR(Llama2cSource::Open(folder / "bad.bin"), c.code,
                          AllOf(HasSubstr("bad.bin"), HasSubstr(word)));
    }
  }
}

TEST(Llama2c, BadTokenizers) {
  const auto tokens = [](int32_t longest) {
    return Bytes().Int(longest).Int(0.0f).Int<int32_t>(2).Raw("ab").Int(-1.0f).Int<int32_t>(0);
  };
  struct Case {
    const char* what;
    Bytes file;
    int32_t vocab_size;
    std::vector<std::string> words;
    ErrorCode code = ErrorCode::kFormat;
  };
  const std::vector<Case> cases = {
      {"empty", Bytes(), 2, {"byte 0", "longest token"}},
      {"no tokens asked for", tokens(2), 0, {"0 tokens"}},
      {"negative count", tokens(2), -2, {"-2 tokens"}},
      {"count beyond the file", tokens(2), 2147483647, {"2147483647 tokens"}},
      {"one token too few", tokens(2), 3, {"byte 4", "3 tokens"}},
      {"token cut off", tokens(2).Zeros(7), 3, {"token 2", "byte 26"}},
      {"bytes left", tokens(2), 1, {"8 bytes after 1 tokens"}},
      {"longer than the longest", tokens(1), 2, {"token 0", "2 bytes"}},
      {"negative length", Bytes().U32(5).Int(0.0f).Int<int32_t>(-1), 1, {"token 0", "-1 bytes"}},
      {"length beyond the file", Bytes().U32(5).Int(0.0f).Int<int32_t>(5).Raw("abcd"), 1, {"token 0", "byte 12"}},
      {"score NaN", Bytes().U32(5).Int(NAN).Int<int32_t>(1).Raw("a"), 1, {"token 0", "byte 4"}, ErrorCode::kNumeric},
      {"score infinite", Bytes().U32(5).Int(-INFINITY).Int<int32_t>(1).Raw("a"), 1, {"token 0"}, ErrorCode::kNumeric},
  };
  TemporaryFolder folder;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    WriteText(folder / "bad.bin", c.file.text());
    for (const std::string& word : c.words) {
      EXPECT_BANTAM_ERROR(ReadLlama2cTokenizer(folder / "bad.bin", c.vocab_size), c.code,
                          AllOf(HasSubstr("bad.bin"), HasSubstr(word)));
    }
  }
}

TEST(Llama2c, Stories260K) {
  BANTAM_NEEDS_DATA();
  const std::filesystem::path folder = testing::DataFolder() / "models/stories260K";
  const auto source = Llama2cSource::Open(folder / "stories260K.bin");
  const Llama2cConfig& c = source->config();
  EXPECT_EQ((std::array{c.dim, c.hidden_dim, c.n_layers, c.n_heads, c.n_kv_heads, c.vocab_size, c.seq_len}),
            (std::array{64, 172, 5, 8, 4, 512, 512}));
  EXPECT_TRUE(c.tied);
  int64_t parameters = 0;
  for (const TensorEntry& entry : source->entries()) parameters += ElementCount(entry.shape);
  EXPECT_EQ(parameters, 260032);
  // Trained RMSNorm gains are positive and near 1; anything else means a wrong offset.
  for (const char* name : {"blk.0.attn_norm.weight", "blk.4.ffn_norm.weight", "output_norm.weight"}) {
    const Tensor norm = source->Load(name);
    const std::span gains(reinterpret_cast<const float*>(norm.bytes.data()), 64);
    const float mean = std::accumulate(gains.begin(), gains.end(), 0.0f) / 64.0f;
    EXPECT_GT(mean, 0.3f) << name;
    EXPECT_LT(mean, 10.0f) << name;
  }

  const Llama2cTokenizer tokenizer = ReadLlama2cTokenizer(folder / "tok512.bin", c.vocab_size);
  ASSERT_EQ(tokenizer.tokens.size(), 512u);
  ASSERT_EQ(tokenizer.scores.size(), 512u);
  EXPECT_EQ(tokenizer.tokens[0], "<unk>");
  EXPECT_EQ(tokenizer.tokens[3], "<0x00>");
  EXPECT_EQ(tokenizer.tokens[258], "<0xFF>");
}

}  // namespace
}  // namespace bantam
