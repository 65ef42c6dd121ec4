// Text of a token to its id: a hash table with linear probing over texts that stand elsewhere.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace bantam {

class TokenIndex {
 public:
  // Room for `count` texts, at most half full: a miss, the usual answer while merging, then takes about two probes.
  explicit TokenIndex(size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

  // The id that `text` had before, or -1 when it is new and now has `id`. `text` must outlive the index.
  int32_t Insert(std::string_view text, int32_t id) {
    Slot& slot = slots_[Probe(text)];
    if (slot.id >= 0) return slot.id;
    slot = {text, id};
    return -1;
  }

  // The id of `text`, or -1.
  int32_t Find(std::string_view text) const { return slots_[Probe(text)].id; }

 private:
  struct Slot {
    std::string_view text;
    int32_t id = -1;
  };

  size_t Probe(std::string_view text) const {
    const size_t mask = slots_.size() - 1;
    size_t i = std::hash<std::string_view>{}(text)&mask;
    while (slots_[i].id >= 0 && slots_[i].text != text) i = (i + 1) & mask;
    return i;
  }

  std::vector<Slot> slots_;
};

}  // namespace bantam
