// A stable merge sort that stays inside its data whatever the comparison answers: comparisons run on values of a template,
// where NaN makes them inconsistent, which std::sort does not allow, and they may throw.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace bantam::jinja {

template <typename T, typename Less>
void StableSort(std::vector<T>& items, const Less& less) {
  std::vector<T> merged;
  merged.reserve(items.size());
  for (size_t width = 1; width < items.size(); width *= 2) {
    merged.clear();
    for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
      const size_t middle = std::min(begin + width, items.size());
      const size_t end = std::min(middle + width, items.size());
      size_t left = begin, right = middle;
      while (left < middle && right < end) {
        merged.push_back(std::move(less(items[right], items[left]) ? items[right++] : items[left++]));
      }
      while (left < middle) merged.push_back(std::move(items[left++]));
      while (right < end) merged.push_back(std::move(items[right++]));
    }
    std::swap(items, merged);
  }
}

}  // namespace bantam::jinja
