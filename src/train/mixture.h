// Which documents come next when several data sets are mixed in given shares.
//
// The next document is always taken from the set that is furthest behind its share of the tokens drawn so far, and within a set
// in the order that (seed, set, epoch) shuffles it into. So a few counters say where the draw is, and a resumed run goes on
// exactly there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"
#include "train/segments.h"

namespace bantam {

// Segment `segment` of set `set`.
struct Draw {
  int64_t set = 0, segment = 0;
};

class Mixture {
 public:
  // `shares`: one per set, positive, of any scale. The sets must outlive the mixture.
  Mixture(std::span<const SegmentSet> sets, std::vector<double> shares, uint64_t seed);

  // The next documents, as many as hold at most `tokens` predictions together, and at least one.
  std::vector<Draw> Next(int64_t tokens);

  const SegmentSet& set(int64_t index) const { return sets_[index]; }
  int64_t length(const Draw& draw) const { return sets_[draw.set].length(draw.segment); }

  // [{"epoch", "next", "drawn"}, ...], one per set.
  Json State() const;
  void Restore(const Json& state, const std::string& where);

 private:
  struct Cursor {
    int64_t epoch = 0, next = 0;  // position in the order of the epoch
    int64_t drawn = 0;            // predictions so far
    std::vector<uint32_t> order;
  };

  int64_t FurthestBehind() const;
  void Shuffle(int64_t set);
  Draw Peek() const;
  void Advance(const Draw& draw);

  std::span<const SegmentSet> sets_;
  std::vector<double> shares_;
  uint64_t seed_;
  std::vector<Cursor> cursors_;
};

}  // namespace bantam
