// Token ids of a corpus: two bytes each where the vocabulary allows it, else four.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bantam {

class TokenArray {
 public:
  explicit TokenArray(int64_t vocab_size) : narrow_ids_(vocab_size <= int64_t{1} << 16) {}

  int64_t size() const { return static_cast<int64_t>(narrow_ids_ ? narrow_.size() : wide_.size()); }
  int32_t operator[](int64_t i) const { return narrow_ids_ ? narrow_[i] : static_cast<int32_t>(wide_[i]); }

  void Append(std::span<const int32_t> ids) {
    if (narrow_ids_) {
      narrow_.insert(narrow_.end(), ids.begin(), ids.end());
    } else {
      wide_.insert(wide_.end(), ids.begin(), ids.end());
    }
  }

 private:
  bool narrow_ids_;
  std::vector<uint16_t> narrow_;
  std::vector<uint32_t> wide_;
};

}  // namespace bantam
