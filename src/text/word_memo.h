// The ids of words met before in a text: text repeats its words, and looking one up is cheaper than merging it again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bantam {

// For one output, in which the remembered ids stand.
class WordMemo {
 public:
  // Appends the ids of `word` to `out`: a copy of those it had before, or what encode() appends.
  template <typename Encode>
  void Append(std::string_view word, std::vector<int32_t>& out, Encode encode) {
    if (word.size() > kLongest) return encode();
    if (const auto found = places_.find(word); found != places_.end()) {
      const auto [begin, end] = found->second;
      for (size_t i = begin; i < end; ++i) {
        const int32_t id = out[i];  // push_back may move what out[i] refers to
        out.push_back(id);
      }
      return;
    }
    const size_t begin = out.size();
    encode();
    if (places_.size() < kMost) places_.emplace(word, std::pair(begin, out.size()));
  }

 private:
  // Longer words seldom come back, and remembering them would copy the text.
  static constexpr size_t kLongest = 64;
  static constexpr size_t kMost = 1 << 17;  // words; some 16 MB

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::pair<size_t, size_t>, Hash, std::equal_to<>> places_;
};

}  // namespace bantam
