// Which documents (or preference pairs) come next when several data sets are mixed in given shares.
//
// The next one is always taken from the set that is furthest behind its share of the tokens drawn so far, and within a set
// in the order that (seed, set, epoch) shuffles it into. So a few counters say where the draw is, and a resumed run goes on
// exactly there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace bantam {

// Item `item` of set `set`.
struct Draw {
  int64_t set = 0, item = 0;
};

class Mixture {
 public:
  // `lengths`: the tokens of each item, per set, none empty. `shares`: one per set, positive, of any scale.
  Mixture(std::vector<std::vector<int64_t>> lengths, std::vector<double> shares, uint64_t seed);

  // The next items, as many as hold at most `tokens` together, and at least one.
  std::vector<Draw> Next(int64_t tokens);

  int64_t length(const Draw& draw) const { return lengths_[draw.set][draw.item]; }

  // [{"epoch", "next", "drawn"}, ...], one per set.
  Json State() const;
  void Restore(const Json& state, const std::string& where);

 private:
  struct Cursor {
    int64_t epoch = 0, next = 0;  // position in the order of the epoch
    int64_t drawn = 0;            // tokens so far
    std::vector<uint32_t> order;
  };

  int64_t FurthestBehind() const;
  void Shuffle(int64_t set);
  Draw Peek() const;
  void Advance(const Draw& draw);

  std::vector<std::vector<int64_t>> lengths_;
  std::vector<double> shares_;
  uint64_t seed_;
  std::vector<Cursor> cursors_;
};

}  // namespace bantam
