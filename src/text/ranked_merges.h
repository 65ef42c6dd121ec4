// The merges of a tokenizer.json: pair of token ids to its rank and the token that it becomes.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "text/merge.h"
#include "text/vocabulary.h"

namespace bantam {

class RankedMerges {
 public:
  // A pair that is listed twice keeps one rank, as the judges do: the first under llama.cpp's rules, else the last.
  RankedMerges(const std::vector<Merge>& merges, TokenizerRules rules) : slots_(std::bit_ceil(2 * merges.size() + 2)) {
    for (size_t rank = 0; rank < merges.size(); ++rank) {
      Slot& slot = slots_[Probe(Key(merges[rank].left, merges[rank].right))];
      if (slot.id >= 0 && rules == TokenizerRules::kLlamaCpp) continue;
      slot = {Key(merges[rank].left, merges[rank].right), static_cast<uint32_t>(rank), merges[rank].result};
    }
  }

  std::optional<MergeProposal> Find(int32_t left, int32_t right) const {
    if (left < 0 || right < 0) return std::nullopt;
    const Slot& slot = slots_[Probe(Key(left, right))];
    if (slot.id < 0) return std::nullopt;
    return MergeProposal{slot.rank, slot.id};
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t rank = 0;
    int32_t id = -1;
  };

  static uint64_t Key(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }

  size_t Probe(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    // Fibonacci hashing: the upper half of the product depends on every bit of the key.
    size_t i = (key * 0x9E3779B97F4A7C15u) >> 32 & mask;
    while (slots_[i].id >= 0 && slots_[i].key != key) i = (i + 1) & mask;
    return i;
  }

  std::vector<Slot> slots_;
};

}  // namespace bantam
