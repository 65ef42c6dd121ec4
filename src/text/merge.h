// The loop of every byte-pair encoder: of all neighbouring symbols that may merge, merge those of the best key, leftmost
// first, until none may. Symbols form a linked list and candidates a heap, so a text of n symbols takes O(n log n).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace bantam {

struct Symbol {
  int32_t previous, next;  // -1 at the ends
  uint32_t begin, size;    // bytes of the text; size 0: merged into its left neighbour
  int32_t id;              // token, or -1
};

// What two neighbours would become.
struct MergeProposal {
  uint32_t key;  // lowest first
  int32_t id;
};

struct MergeCandidate {
  uint64_t order;  // key, then index of the left symbol
  uint32_t right;
  uint32_t size;  // bytes of both when proposed: another size means that one of them has changed since
  int32_t id;
};

// Reused from word to word.
struct MergeScratch {
  std::vector<Symbol> symbols;
  std::vector<MergeCandidate> heap;

  void Add(uint32_t begin, uint32_t size, int32_t id) {
    const auto index = static_cast<int32_t>(symbols.size());
    if (index > 0) symbols.back().next = index;
    symbols.push_back({index - 1, -1, begin, size, id});
  }
};

// `propose`: std::optional<MergeProposal>(const Symbol& left, const Symbol& right). Afterwards the list that begins at
// symbol 0 is the result.
template <typename Propose>
void MergeSymbols(MergeScratch& scratch, Propose propose) {
  auto& [symbols, heap] = scratch;
  const auto later = [](const MergeCandidate& a, const MergeCandidate& b) { return a.order > b.order; };
  const auto candidate = [&](int32_t left, int32_t right) -> std::optional<MergeCandidate> {
    const Symbol& l = symbols[static_cast<size_t>(left)];
    const Symbol& r = symbols[static_cast<size_t>(right)];
    const std::optional<MergeProposal> proposal = propose(l, r);
    if (!proposal) return std::nullopt;
    return MergeCandidate{uint64_t{proposal->key} << 32 | static_cast<uint32_t>(left), static_cast<uint32_t>(right),
                          l.size + r.size, proposal->id};
  };
  const auto push = [&](int32_t left, int32_t right) {
    if (left < 0 || right < 0) return;
    if (const auto added = candidate(left, right)) {
      heap.push_back(*added);
      std::push_heap(heap.begin(), heap.end(), later);
    }
  };

  heap.clear();
  for (int32_t right = 1; right < static_cast<int32_t>(symbols.size()); ++right) {
    if (const auto added = candidate(right - 1, right)) heap.push_back(*added);
  }
  std::make_heap(heap.begin(), heap.end(), later);

  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    const MergeCandidate best = heap.back();
    heap.pop_back();
    const auto left = static_cast<int32_t>(best.order & 0xFFFFFFFF);
    Symbol& l = symbols[static_cast<size_t>(left)];
    Symbol& r = symbols[best.right];
    if (l.size == 0 || r.size == 0 || l.size + r.size != best.size) continue;
    l.size += r.size;
    l.id = best.id;
    r.size = 0;
    l.next = r.next;
    if (r.next >= 0) symbols[static_cast<size_t>(r.next)].previous = left;
    push(l.previous, left);
    push(left, l.next);
  }
}

}  // namespace bantam
