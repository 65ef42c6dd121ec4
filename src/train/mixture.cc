#include "train/mixture.h"

#include <fmt/core.h>

#include <utility>

#include "base/error.h"

namespace bantam {
namespace {

// Streams of random numbers: the set in the upper half, the epoch in the lower; a model's tensors use the first 2^32.
uint64_t StreamOf(int64_t set, int64_t epoch) {
  return (static_cast<uint64_t>(set) + 1) << 32 | static_cast<uint64_t>(epoch);
}

}  // namespace

Mixture::Mixture(std::span<const SegmentSet> sets, std::vector<double> shares, uint64_t seed)
    : sets_(sets), shares_(std::move(shares)), seed_(seed), cursors_(sets.size()) {
  for (size_t set = 0; set < cursors_.size(); ++set) Shuffle(static_cast<int64_t>(set));
}

void Mixture::Shuffle(int64_t set) {
  cursors_[set].order = ShuffledOrder(sets_[set].size(), seed_, StreamOf(set, cursors_[set].epoch));
}

int64_t Mixture::FurthestBehind() const {
  const auto progress = [&](size_t set) { return static_cast<double>(cursors_[set].drawn) / shares_[set]; };
  size_t chosen = 0;
  for (size_t set = 1; set < cursors_.size(); ++set) {
    if (progress(set) < progress(chosen)) chosen = set;
  }
  return static_cast<int64_t>(chosen);
}

Draw Mixture::Peek() const {
  const int64_t set = FurthestBehind();
  return {set, cursors_[set].order[cursors_[set].next]};
}

void Mixture::Advance(const Draw& draw) {
  Cursor& cursor = cursors_[draw.set];
  cursor.drawn += length(draw);
  if (++cursor.next < sets_[draw.set].size()) return;
  cursor.next = 0;
  ++cursor.epoch;
  Shuffle(draw.set);
}

std::vector<Draw> Mixture::Next(int64_t tokens) {
  std::vector<Draw> draws;
  int64_t filled = 0;
  while (true) {
    const Draw draw = Peek();
    if (!draws.empty() && filled + length(draw) > tokens) return draws;
    filled += length(draw);
    draws.push_back(draw);
    Advance(draw);
  }
}

Json Mixture::State() const {
  Json state = Json::array();
  for (const Cursor& cursor : cursors_) {
    state.push_back({{"epoch", cursor.epoch}, {"next", cursor.next}, {"drawn", cursor.drawn}});
  }
  return state;
}

void Mixture::Restore(const Json& state, const std::string& where) {
  if (!state.is_array() || state.size() != cursors_.size()) {
    Fail(ErrorCode::kFormat, fmt::format("the state of {} data sets is needed", cursors_.size()), where);
  }
  for (size_t set = 0; set < cursors_.size(); ++set) {
    Cursor& cursor = cursors_[set];
    cursor.epoch = Get<int64_t>(state[set], "epoch", where);
    cursor.next = Get<int64_t>(state[set], "next", where);
    cursor.drawn = Get<int64_t>(state[set], "drawn", where);
    if (cursor.next < 0 || cursor.next >= sets_[set].size()) {
      Fail(ErrorCode::kFormat, fmt::format("document {} of {}", cursor.next, sets_[set].size()), where);
    }
    Shuffle(static_cast<int64_t>(set));
  }
}

}  // namespace bantam
