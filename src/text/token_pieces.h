// What each token looks like in running text, worked out once for the whole vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/vocabulary.h"

namespace bantam {

class TokenPieces {
 public:
  // `vocabulary` has passed Check().
  explicit TokenPieces(const Vocabulary& vocabulary);

  int32_t size() const { return static_cast<int32_t>(special_.size()); }
  // Bytes of the token; they may be part of a character, or none. id in [0, size()).
  std::string_view At(int32_t id) const {
    const auto i = static_cast<size_t>(id);
    return std::string_view(bytes_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
  }
  // Left out when special tokens are skipped.
  bool IsSpecial(int32_t id) const { return special_[static_cast<size_t>(id)]; }

 private:
  std::string bytes_;            // of all tokens
  std::vector<size_t> offsets_;  // [size() + 1]
  std::vector<bool> special_;
};

// The byte that "<0x41>" stands for, or -1.
int ByteOfToken(std::string_view text);

}  // namespace bantam
