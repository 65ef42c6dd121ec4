// Training of a byte-level BPE (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units",
// arXiv:1508.07909; over bytes as GPT-2 does): the most frequent pair of neighbouring tokens becomes a token, again and
// again.
//
//   ids      special tokens, then the 256 bytes in order, then one token per merge
//   count    of a pair: places in the corpus where its tokens stand side by side, overlapping ones ("aaa") each
//   order    by count, and among equals by the ids of the pair, the lowest first
//
// So the result depends on nothing but the words and their counts. No merge gives a text that is a token already: while no
// token reaches across the borders of a stretch of text, what stands in it follows from the stretch alone, so wherever two
// tokens would spell an older token, that one has been made. Hence encoders by rank (Hugging Face, llama.cpp) cut every
// word as the training did.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "text/word_counts.h"

namespace bantam {

struct BpeTrainerOptions {
  int64_t vocab_size = 4096;      // with special tokens and bytes
  uint64_t min_frequency = 2;     // pairs that are rarer become no token
  uint64_t max_token_bytes = 24;  // longer tokens are not made: they learn one phrase of the corpus by heart
};

struct TrainedBpe {
  std::vector<std::string> special_tokens;          // ids 0, 1, ...
  std::vector<std::pair<int32_t, int32_t>> merges;  // of ids; the k-th gives FirstByte() + 256 + k
  uint64_t corpus_tokens = 0;                       // what the words of the corpus became

  int32_t FirstByte() const { return static_cast<int32_t>(special_tokens.size()); }
  int32_t size() const { return FirstByte() + 256 + static_cast<int32_t>(merges.size()); }
  std::vector<std::string> TokenBytes() const;  // by id
};

// kUsage for options that cannot be, kFormat when the corpus is empty or has too few pairs for the size. Shows progress;
// kCancelled on Ctrl-C.
TrainedBpe TrainBpe(const WordCounts& corpus, const BpeTrainerOptions& options);

}  // namespace bantam
