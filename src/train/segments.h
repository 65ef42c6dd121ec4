// Documents cut to the length that is trained.
//
// A document of n tokens holds n - 1 predictions: token i is the input, token i + 1 the target. A document with more than
// `longest` predictions is cut into pieces of nearly equal length, each with a context of its own; every prediction belongs to
// exactly one piece. Pieces whose every target has weight 0 cannot teach anything and are left out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/token_set.h"
#include "transformer/trainable.h"

namespace bantam {

struct Segment {
  int64_t begin = 0;   // first input in the token set
  int64_t length = 0;  // predictions
};

class SegmentSet {
 public:
  // `prompt_weight`: weight of the targets that are no completion. `name` is for messages.
  SegmentSet(std::string name, TokenSet tokens, int64_t longest, double prompt_weight);

  const std::string& name() const { return name_; }
  int64_t size() const { return static_cast<int64_t>(segments_.size()); }
  int64_t length(int64_t segment) const { return segments_[segment].length; }
  int64_t predictions() const { return predictions_; }  // of all segments together
  int64_t documents() const { return tokens_.documents(); }
  int64_t cut_documents() const { return cut_documents_; }

  std::vector<int64_t> lengths() const;  // of all segments

  // Adds a segment to a batch as a document.
  void AppendTo(int64_t segment, TrainingBatch& batch) const;

 private:
  float WeightOfTarget(int64_t token) const;
  void Cut(int64_t document, int64_t longest);

  std::string name_;
  TokenSet tokens_;
  float prompt_weight_;
  std::vector<Segment> segments_;
  int64_t predictions_ = 0, cut_documents_ = 0;
};

// The tokens of each segment, by set: what a run's mixture draws from.
std::vector<std::vector<int64_t>> SegmentLengths(std::span<const SegmentSet> sets);

}  // namespace bantam
