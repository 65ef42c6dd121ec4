// Legacy llama2.c checkpoints (karpathy/llama2.c, export version 0) and their tokenizer.bin.
//
//   int32 dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size (negative: the head is not tied), seq_len
//   float32, all layers of a kind together: token_embedding, rms_att, wq, wk, wv, wo, rms_ffn, w1, w2, w3, rms_final,
//   freq_cis_real and freq_cis_imag [seq_len, head_dim / 2] (unused), and wcls when not tied
//   tokenizer.bin: int32 longest token, then per token float32 score, int32 length, bytes
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/tensor_source.h"

namespace bantam {

struct Llama2cConfig {
  int32_t dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len;
  bool tied;
};

// Tensors under GGUF names and shapes ("blk.0.attn_q.weight" [n_heads * head_dim, dim]; w1, w2, w3 are ffn_gate,
// ffn_down, ffn_up); RoPE pairs are interleaved, as GGUF's llama has them. The header must fit the file's size exactly.
class Llama2cSource : public TensorSource {
 public:
  static std::shared_ptr<const Llama2cSource> Open(const std::filesystem::path& path);
  virtual const Llama2cConfig& config() const = 0;
};

struct Llama2cTokenizer {
  std::vector<std::string> tokens;  // bytes as stored
  std::vector<float> scores;
};
// `vocab_size`: how many tokens the checkpoint has; the file has no count of its own, but must end with the last token.
Llama2cTokenizer ReadLlama2cTokenizer(const std::filesystem::path& path, int32_t vocab_size);

}  // namespace bantam
