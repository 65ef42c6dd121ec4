// A tokenizer as data, whichever file it came from: tokenizer.json, GGUF metadata or llama2.c's tokenizer.bin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "formats/llama2c.h"
#include "text/pipeline.h"

namespace bantam {

enum class TokenType : int32_t {  // numbers of tokenizer.ggml.token_type
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

enum class TokenizerKind {
  kByteLevelBpe,  // GGUF model "gpt2": bytes as printable code points, regex pre-tokenizer, ranked merges
  kSentencePieceBpe,  // GGUF model "llama": "▁" for spaces, byte fallback; by score (GGUF, llama2.c) or by rank (tokenizer.json)
};

// Whose rules decide where the two differ (docs/tokenizers.md lists the differences).
enum class TokenizerRules {
  kHuggingFace,  // from tokenizer.json: what @huggingface/tokenizers does
  kLlamaCpp,     // from GGUF and llama2.c: what llama.cpp does
};

struct AddedToken {
  int32_t id;
  std::string text;
  bool special = false, lstrip = false, rstrip = false, single_word = false, normalized = false;
};

struct Merge {
  int32_t left, right, result;
};

struct Vocabulary {
  std::string source;  // the file, for errors
  TokenizerRules rules = TokenizerRules::kLlamaCpp;
  TokenizerKind kind = TokenizerKind::kByteLevelBpe;
  std::string pre;                  // name of the pre-tokenizer as GGUF has it: "gpt-2", "llama-bpe", "qwen2", ...
  std::vector<std::string> tokens;  // as stored: byte-level pieces stay in their printable form, "▁" stays "▁"
  std::vector<TokenType> types;     // as many as tokens
  std::vector<float> scores;        // kSentencePieceBpe by score: as many as tokens; else empty
  std::vector<Merge> merges;        // by rank; empty for kSentencePieceBpe by score
  std::vector<AddedToken> added;    // found in the text before anything else

  std::vector<NormalizerStep> normalizer;       // empty under kLlamaCpp
  std::vector<PreTokenizerStep> pre_tokenizer;  // empty for kSentencePieceBpe by score
  DecoderSteps decoder;

  std::optional<int32_t> bos, eos, eot, eom, unk, sep, pad, mask;
  std::vector<int32_t> end_of_generation;                // every id that ends an answer, ascending
  std::vector<int32_t> template_before, template_after;  // what add_special puts around a text
  bool add_bos = false, add_eos = false, add_sep = false;
  bool add_space_prefix = true;  // kSentencePieceBpe
  bool byte_fallback = false;    // kSentencePieceBpe
  bool fuse_unk = false;         // neighbouring unknown tokens become one
  bool ignore_merges = false;    // Llama 3: a piece that is a whole token is taken before any merge
  bool remove_extra_whitespaces = false;
  bool clean_up_spaces = false;  // decoding removes spaces before punctuation
  std::optional<std::string> chat_template;

  // kFormat for a broken tokenizer, kUnsupported naming the construct for one that is not a BPE or has a step that
  // Bantam does not know.
  static Vocabulary FromHf(const HfFolder& folder);
  static Vocabulary FromTokenizerJson(const Json& tokenizer, const std::string& where);
  static Vocabulary FromGguf(const GgufMetadata& metadata);
  static Vocabulary FromLlama2c(const Llama2cTokenizer& tokenizer);

  // Appends unused tokens "[PAD<id>]" until there are `rows`: embeddings often have more rows than the tokenizer has
  // tokens. With fewer rows the last tokens go, which must be added ones: kFormat else.
  void Resize(int64_t rows);

  // Sets tokenizer.ggml.* and tokenizer.chat_template so that llama.cpp tokenizes as FromGguf of the result does.
  // `vocab_rows`: rows of the embedding, 0 for one per token (see Resize). kUnsupported when no GGUF pre-tokenizer does
  // what pre_tokenizer says. Scores of a tokenizer that has ranked merges only: vocabulary_to_gguf.cc.
  void ToGguf(GgufMetadata& metadata, int64_t vocab_rows = 0) const;

  // What every reader ends with: as many types and scores as tokens, every id inside, no text twice, merges in the
  // vocabulary, every byte encodable. kFormat else.
  void Check() const;
};

}  // namespace bantam
