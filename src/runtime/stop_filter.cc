#include "runtime/stop_filter.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace bantam {

StopFilter::StopFilter(std::vector<std::string> stops) : stops_(std::move(stops)) {
  for (const std::string& stop : stops_) {
    if (stop.empty()) Fail(ErrorCode::kUsage, "a stop string is empty", "stop");
    if (!IsValidUtf8(stop)) Fail(ErrorCode::kUsage, "a stop string is not valid UTF-8", "stop");
  }
}

// Bytes at the end of held_ that begin a stop string.
size_t StopFilter::HeldBack() const {
  size_t longest = 0;
  for (const std::string& stop : stops_) {
    for (size_t length = std::min(stop.size() - 1, held_.size()); length > longest; --length) {
      if (std::string_view(held_).ends_with(std::string_view(stop).substr(0, length))) longest = length;
    }
  }
  return longest;
}

std::string StopFilter::Push(std::string_view text) {
  if (stopped_) return {};
  held_ += text;
  size_t first = std::string::npos, end = std::string::npos;
  for (const std::string& stop : stops_) {
    const size_t found = held_.find(stop);
    if (found == std::string::npos) continue;
    // The one that is complete first, so that it does not matter in which pieces the text comes; then the longest.
    if (found + stop.size() > end || (found + stop.size() == end && found > first)) continue;
    first = found;
    end = found + stop.size();
  }
  stopped_ = first != std::string::npos;
  const size_t certain = stopped_ ? first : held_.size() - HeldBack();
  std::string out = held_.substr(0, certain);
  held_ = stopped_ ? std::string() : held_.substr(certain);
  return out;
}

std::string StopFilter::Finish() { return std::exchange(held_, {}); }

}  // namespace bantam
