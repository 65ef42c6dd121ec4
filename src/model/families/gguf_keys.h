// Reading and writing the GGUF metadata that all families share (llama.cpp, src/llama-model.cpp, load_hparams). The
// keys of an architecture stand under its name: "llama.block_count".
#pragma once

#include <string>
#include <string_view>

#include "formats/gguf.h"
#include "model/families.h"

namespace bantam {

// "<general.architecture>.<name>" of one file.
class GgufKeys {
 public:
  explicit GgufKeys(const GgufMetadata& metadata);

  std::string Key(std::string_view name) const { return prefix_ + std::string(name); }
  bool Has(std::string_view name) const;
  int64_t Int(std::string_view name) const;  // kFormat when it exceeds int64
  int64_t Int(std::string_view name, int64_t otherwise) const;
  double Real(std::string_view name) const;
  double Real(std::string_view name, double otherwise) const;
  bool Bool(std::string_view name, bool otherwise) const;
  [[noreturn]] void Unsupported(std::string_view name, const std::string& value) const;

  const std::string& where() const { return metadata_.where(); }

 private:
  const GgufMetadata& metadata_;
  std::string prefix_;
};

// block_count, context_length, embedding_length, feed_forward_length, attention.head_count, attention.head_count_kv
// (equal when absent), attention.key_length and value_length (embedding_length / head_count when absent; they must
// agree), the vocabulary's size (tokenizer.ggml.tokens, else vocab_size, else the rows of token_embd.weight), the
// norm's epsilon, and for RoPE dimension_count (only head_dim), freq_base, scaling. attention_scale is 1 / sqrt(head_dim).
// tied_embeddings: no output.weight.
Architecture ReadGgufDecoder(const GgufMetadata& metadata, const GgufTensors& tensors, NormKind norm,
                             PositionKind position);

// The same keys. kUnsupported for what no family of llama.cpp's has words for.
void WriteGgufDecoder(const Architecture& architecture, GgufMetadata& metadata);

// kUnsupported: llama.cpp's <family> cannot hold a model `what`, unless `holds`.
void RequireGguf(bool holds, const Architecture& architecture, std::string_view what);

// expert_count, expert_used_count.
MoeArchitecture ReadGgufExperts(const GgufKeys& keys);
void WriteGgufExperts(const Architecture& architecture, GgufMetadata& metadata);

// The same and expert_feed_forward_length, for which the Qwen families take d_ff / experts_used when it is absent.
MoeArchitecture ReadQwenExperts(const GgufKeys& keys, int64_t d_ff);

}  // namespace bantam
