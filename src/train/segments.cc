#include "train/segments.h"

#include <utility>

#include "base/error.h"

namespace bantam {

SegmentSet::SegmentSet(std::string name, TokenSet tokens, int64_t longest, double prompt_weight)
    : name_(std::move(name)), tokens_(std::move(tokens)), prompt_weight_(static_cast<float>(prompt_weight)) {
  for (int64_t document = 0; document < tokens_.documents(); ++document) Cut(document, longest);
  if (segments_.empty()) {
    Fail(ErrorCode::kUsage, "holds no document of two tokens or more, so there is nothing to train on", name_);
  }
  if (segments_.size() > UINT32_MAX) Fail(ErrorCode::kUnsupported, "more than 2^32 documents in one data set", name_);
}

float SegmentSet::WeightOfTarget(int64_t token) const { return tokens_.is_completion(token) ? 1.0f : prompt_weight_; }

void SegmentSet::Cut(int64_t document, int64_t longest) {
  const int64_t begin = tokens_.begin(document), total = tokens_.end(document) - begin - 1;
  if (total < 1) return;
  const int64_t pieces = (total + longest - 1) / longest;
  if (pieces > 1) ++cut_documents_;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t first = begin + total * piece / pieces, last = begin + total * (piece + 1) / pieces;
    bool teaches = false;
    for (int64_t i = first; i < last && !teaches; ++i) teaches = WeightOfTarget(i + 1) > 0.0f;
    if (!teaches) continue;
    segments_.push_back({first, last - first});
    predictions_ += last - first;
  }
}

std::vector<int64_t> SegmentSet::lengths() const {
  std::vector<int64_t> lengths;
  for (const Segment& segment : segments_) lengths.push_back(segment.length);
  return lengths;
}

void SegmentSet::AppendTo(int64_t segment, TrainingBatch& batch) const {
  const Segment& s = segments_[segment];
  if (batch.document_begin.empty()) batch.document_begin.push_back(0);
  for (int64_t i = s.begin; i < s.begin + s.length; ++i) {
    batch.tokens.push_back(tokens_.token(i));
    batch.targets.push_back(tokens_.token(i + 1));
    batch.weights.push_back(WeightOfTarget(i + 1));
  }
  batch.document_begin.push_back(static_cast<int64_t>(batch.tokens.size()));
}

std::vector<std::vector<int64_t>> SegmentLengths(std::span<const SegmentSet> sets) {
  std::vector<std::vector<int64_t>> lengths;
  for (const SegmentSet& set : sets) lengths.push_back(set.lengths());
  return lengths;
}

}  // namespace bantam
