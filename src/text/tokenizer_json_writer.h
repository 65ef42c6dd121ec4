// A trained BPE as the files of a Hugging Face folder, which transformers, @huggingface/tokenizers and Bantam read:
//
//   tokenizer.json           the tokens and merges, with ByteLevel as pre-tokenizer and decoder
//   tokenizer_config.json    which tokens are bos, eos and pad, and the chat template
//   special_tokens_map.json  the same names, for older readers
//   generation_config.json   every token that ends an answer: eos and the end of a document
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "text/bpe_trainer.h"

namespace bantam {

// The special tokens that are expected to be there, in the order of their ids.
inline constexpr std::string_view kDocumentEnd = "<|endoftext|>";  // also bos and pad
inline constexpr std::string_view kTurnStart = "<|im_start|>";
inline constexpr std::string_view kTurnEnd = "<|im_end|>";  // eos

struct TokenizerFolderOptions {
  int64_t model_max_length = 2048;                // tokens
  std::optional<std::string> chat_template = {};  // Jinja
};

Json TokenizerJson(const TrainedBpe& bpe);

// Makes the folder where there is none; other files in it stay. bos and pad are kDocumentEnd, eos is kTurnEnd or else
// kDocumentEnd, as far as the tokenizer has them. kFormat or kUnsupported for a chat template that cannot be parsed.
void WriteTokenizerFolder(const TrainedBpe& bpe, const TokenizerFolderOptions& options,
                          const std::filesystem::path& folder);

}  // namespace bantam
