// Stop strings in a stream: finds the one that is complete first, and never lets go of text that may turn out to begin one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bantam {

class StopFilter {
 public:
  // kUsage for an empty stop string or one that is not valid UTF-8.
  explicit StopFilter(std::vector<std::string> stops);

  // Text that is certain to come before any stop string. Once stopped() everything else is swallowed.
  std::string Push(std::string_view text);
  // The text held back so far, which no stop string followed.
  std::string Finish();
  bool stopped() const { return stopped_; }

 private:
  size_t HeldBack() const;

  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace bantam
