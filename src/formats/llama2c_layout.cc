#include "formats/llama2c_layout.h"

#include <fmt/core.h>

#include <cmath>

#include "base/byte_reader.h"
#include "formats/download_hint.h"

namespace bantam {
namespace {

constexpr int32_t kLaterVersionMagic = 0x616b3432;  // "24ka": exports of version 1 and up begin with it

Llama2cConfig ReadConfig(ByteReader& reader, const std::string& where, std::span<const std::byte> file) {
  constexpr std::string_view kWhat = "the header";
  Llama2cConfig config{};
  config.dim = reader.Read<int32_t>(kWhat);
  if (config.dim == kLaterVersionMagic) {
    Fail(ErrorCode::kUnsupported, "is a llama2.c checkpoint of a later export version", where + ", byte 0",
         "export it with --version 0");
  }
  config.hidden_dim = reader.Read<int32_t>(kWhat);
  config.n_layers = reader.Read<int32_t>(kWhat);
  config.n_heads = reader.Read<int32_t>(kWhat);
  config.n_kv_heads = reader.Read<int32_t>(kWhat);
  config.vocab_size = reader.Read<int32_t>(kWhat);
  config.seq_len = reader.Read<int32_t>(kWhat);
  config.tied = config.vocab_size > 0;
  // Wide enough to negate the smallest int32.
  const int64_t vocab_size = std::abs(int64_t{config.vocab_size});
  const auto [dim, hidden, layers, heads, kv_heads, vocab, seq_len, tied] = config;
  const bool possible = dim > 0 && hidden > 0 && layers > 0 && heads > 0 && kv_heads > 0 && seq_len > 0 &&
                        vocab_size > 0 && vocab_size <= INT32_MAX && heads % kv_heads == 0 && dim % heads == 0 &&
                        dim / heads % 2 == 0;
  if (!possible) {
    Fail(ErrorCode::kFormat,
         fmt::format(
             "the header is impossible: dim {}, hidden_dim {}, n_layers {}, n_heads {}, n_kv_heads {}, vocab_size "
             "{}, seq_len {}",
             dim, hidden, layers, heads, kv_heads, vocab, seq_len),
         where + ", byte 0", DownloadHint(file));
  }
  config.vocab_size = static_cast<int32_t>(vocab_size);
  return config;
}

// Walks over the tensors in the order of the file.
class Walker {
 public:
  Walker(ByteReader& reader, const std::string& where, Llama2cLayout& layout)
      : reader_(reader), where_(where), layout_(layout) {}

  void Add(const std::string& name, const Shape& shape) { Append(name, shape, Skip(name, shape)); }

  // [n_layers, shape...] under the names blk.0.<kind>, blk.1.<kind>, ... All layers are checked against the file before
  // the first is listed.
  void AddLayers(const std::string& kind, const Shape& shape) {
    const int32_t layers = layout_.config.n_layers;
    Shape stacked{layers};
    stacked.insert(stacked.end(), shape.begin(), shape.end());
    uint64_t offset = Skip("blk.*." + kind, stacked);
    for (int32_t layer = 0; layer < layers; ++layer) {
      Append(fmt::format("blk.{}.{}", layer, kind), shape, offset);
      offset += Bytes(shape);
    }
  }

  // Passes over a tensor and returns where it begins.
  uint64_t Skip(const std::string& name, const Shape& shape) {
    const uint64_t offset = reader_.offset();
    int64_t count = 0;
    if (!CheckedElementCount(shape, &count) || static_cast<uint64_t>(count) > reader_.remaining() / sizeof(float)) {
      Fail(ErrorCode::kFormat,
           fmt::format("tensor '{}' of shape {} does not fit into the {} bytes left", name, ToString(shape),
                       reader_.remaining()),
           fmt::format("{}, byte {}", where_, offset), "the header is wrong or the file is truncated");
    }
    reader_.Take(Bytes(shape), name);
    return offset;
  }

 private:
  static uint64_t Bytes(const Shape& shape) { return static_cast<uint64_t>(ElementCount(shape)) * sizeof(float); }

  void Append(std::string name, const Shape& shape, uint64_t offset) {
    layout_.entries.push_back({std::move(name), DType::kF32, shape, Bytes(shape)});
    layout_.offsets.push_back(offset);
  }

  ByteReader& reader_;
  const std::string& where_;
  Llama2cLayout& layout_;
};

}  // namespace

Llama2cLayout ParseLlama2c(std::span<const std::byte> file, const std::string& where) {
  ByteReader reader(file, where);
  Llama2cLayout layout{};
  layout.config = ReadConfig(reader, where, file);
  const int64_t dim = layout.config.dim, hidden = layout.config.hidden_dim, vocab = layout.config.vocab_size;
  const int64_t head_dim = dim / layout.config.n_heads, kv_dim = head_dim * layout.config.n_kv_heads;

  Walker walker(reader, where, layout);
  walker.Add("token_embd.weight", {vocab, dim});
  walker.AddLayers("attn_norm.weight", {dim});
  walker.AddLayers("attn_q.weight", {dim, dim});
  walker.AddLayers("attn_k.weight", {kv_dim, dim});
  walker.AddLayers("attn_v.weight", {kv_dim, dim});
  walker.AddLayers("attn_output.weight", {dim, dim});
  walker.AddLayers("ffn_norm.weight", {dim});
  walker.AddLayers("ffn_gate.weight", {hidden, dim});
  walker.AddLayers("ffn_down.weight", {dim, hidden});
  walker.AddLayers("ffn_up.weight", {hidden, dim});
  walker.Add("output_norm.weight", {dim});
  // Cosines and sines of RoPE: everybody computes them anew.
  walker.Skip("freq_cis_real", {layout.config.seq_len, head_dim / 2});
  walker.Skip("freq_cis_imag", {layout.config.seq_len, head_dim / 2});
  if (!layout.config.tied) walker.Add("output.weight", {vocab, dim});
  if (reader.remaining() != 0)
    reader.FailHere(fmt::format("goes on for {} bytes after the last tensor", reader.remaining()));
  return layout;
}

Llama2cTokenizer ParseLlama2cTokenizer(std::span<const std::byte> file, int32_t vocab_size, const std::string& where) {
  constexpr uint64_t kSmallestTokenBytes = 8;  // score and length
  ByteReader reader(file, where);
  const auto longest = reader.Read<int32_t>("the length of the longest token");
  if (vocab_size <= 0 || static_cast<uint64_t>(vocab_size) > reader.remaining() / kSmallestTokenBytes) {
    reader.FailHere(fmt::format("has no room for {} tokens", vocab_size));
  }
  Llama2cTokenizer tokenizer;
  for (int32_t id = 0; id < vocab_size; ++id) {
    const std::string what = fmt::format("token {}", id);
    const auto score = reader.Read<float>(what);
    if (!std::isfinite(score)) {
      Fail(ErrorCode::kNumeric, what + " has a score that is no finite number",
           fmt::format("{}, byte {}", where, reader.offset() - sizeof(score)));
    }
    const auto length = reader.Read<int32_t>(what);
    if (length < 0 || length > longest) {
      reader.FailHere(fmt::format("{} has {} bytes, the longest token has {}", what, length, longest));
    }
    const auto bytes = reader.Take(static_cast<uint64_t>(length), what);
    tokenizer.tokens.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    tokenizer.scores.push_back(score);
  }
  if (reader.remaining() != 0) {
    reader.FailHere(fmt::format("goes on for {} bytes after {} tokens", reader.remaining(), vocab_size));
  }
  return tokenizer;
}

}  // namespace bantam
