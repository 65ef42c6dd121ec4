// A set of byte strings for finding all that begin at a place of a text.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bantam {

class ByteTrie {
 public:
  ByteTrie() : nodes_(1) { roots_.fill(-1); }

  // `value` >= 0. A text that is there already keeps its value.
  void Insert(std::string_view text, int32_t value) {
    int32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<uint8_t>(text[i]);
      int32_t child = Child(node, byte);
      if (child < 0) {
        child = static_cast<int32_t>(nodes_.size());
        nodes_.push_back({byte, -1, nodes_[static_cast<size_t>(node)].first_child, -1});
        nodes_[static_cast<size_t>(node)].first_child = child;
        if (node == 0) roots_[byte] = child;
      }
      node = child;
    }
    if (nodes_[static_cast<size_t>(node)].value < 0) nodes_[static_cast<size_t>(node)].value = value;
  }

  // Calls visit(value, length) for each string that `text` begins with, shortest first.
  template <typename Visit>
  void ForEachPrefix(std::string_view text, Visit visit) const {
    if (text.empty()) return;
    int32_t node = roots_[static_cast<uint8_t>(text[0])];
    for (size_t length = 1; node >= 0; ++length) {
      if (nodes_[static_cast<size_t>(node)].value >= 0) visit(nodes_[static_cast<size_t>(node)].value, length);
      if (length == text.size()) return;
      node = Child(node, static_cast<uint8_t>(text[length]));
    }
  }

 private:
  struct Node {
    uint8_t byte = 0;
    int32_t first_child = -1, next_sibling = -1;
    int32_t value = -1;
  };

  int32_t Child(int32_t node, uint8_t byte) const {
    if (node == 0) return roots_[byte];
    int32_t child = nodes_[static_cast<size_t>(node)].first_child;
    while (child >= 0 && nodes_[static_cast<size_t>(child)].byte != byte)
      child = nodes_[static_cast<size_t>(child)].next_sibling;
    return child;
  }

  std::vector<Node> nodes_;
  std::array<int32_t, 256> roots_{};  // children of the root by byte: most places of a text are cleared by one look
};

}  // namespace bantam
