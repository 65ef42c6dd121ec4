// Memory of a pass that is used again by the next one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace bantam {

// An array whose contents are undefined after Resize; it never shrinks, so that a training step allocates nothing anew.
template <typename T>
class Buffer {
 public:
  void Resize(int64_t count) {
    if (count > capacity_) {
      values_ = std::make_unique_for_overwrite<T[]>(count);
      capacity_ = count;
    }
    size_ = count;
  }
  int64_t size() const { return size_; }
  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  operator std::span<T>() { return {values_.get(), static_cast<size_t>(size_)}; }
  operator std::span<const T>() const { return {values_.get(), static_cast<size_t>(size_)}; }

 private:
  std::unique_ptr<T[]> values_;
  int64_t capacity_ = 0, size_ = 0;
};

}  // namespace bantam
