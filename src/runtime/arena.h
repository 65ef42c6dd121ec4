// One block of memory for everything a session needs, measured before it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace bantam {

// First every part is reserved under the pointer that will hold it, then Allocate() takes the memory and sets the pointers.
// They must stay where they are until then. Parts start at multiples of 64 bytes; the memory is not initialised.
class Arena {
 public:
  template <typename T>
  void Reserve(T** pointer, int64_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    ReserveBytes(reinterpret_cast<void**>(pointer), count, sizeof(T));
  }

  // kMemory when the machine has less memory than bytes(), or refuses them.
  void Allocate();

  uint64_t bytes() const { return bytes_; }  // exact: what Allocate() takes

 private:
  struct Part {
    void** pointer;
    uint64_t offset;
  };
  struct Free {
    void operator()(std::byte* memory) const;
  };
  void ReserveBytes(void** pointer, int64_t count, size_t size);

  uint64_t bytes_ = 0;
  std::vector<Part> parts_;
  std::unique_ptr<std::byte[], Free> memory_;
};

}  // namespace bantam
