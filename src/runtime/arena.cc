#include "runtime/arena.h"

#include <unistd.h>

#include <new>

#include "base/error.h"
#include "base/units.h"

namespace bantam {
namespace {

constexpr uint64_t kAlignment = 64;  // a cache line, and the widest vector there is

[[noreturn]] void FailMemory(const std::string& what) {
  Fail(ErrorCode::kMemory, what, "session", "take a smaller context or an F16 cache");
}

}  // namespace

void Arena::Free::operator()(std::byte* memory) const { ::operator delete[](memory, std::align_val_t{kAlignment}); }

void Arena::ReserveBytes(void** pointer, int64_t count, size_t size) {
  uint64_t part = 0, total = 0;
  if (count < 0 || __builtin_mul_overflow(static_cast<uint64_t>(count), size, &part) ||
      __builtin_add_overflow(part, kAlignment - 1, &part) ||
      __builtin_add_overflow(bytes_, part / kAlignment * kAlignment, &total)) {
    FailMemory("the memory it needs is beyond 64 bits");
  }
  parts_.push_back({pointer, bytes_});
  bytes_ = total;
}

void Arena::Allocate() {
  // Linux hands out more than there is and kills the process later; so the machine is asked first.
  const uint64_t machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (bytes_ > machine) {
    FailMemory("needs " + FormatBytes(bytes_) + ", this machine has " + FormatBytes(machine));
  }
  auto* memory = new (std::align_val_t{kAlignment}, std::nothrow) std::byte[bytes_];
  if (memory == nullptr) FailMemory("no memory for " + FormatBytes(bytes_));
  memory_.reset(memory);
  for (const Part& part : parts_) *part.pointer = memory + part.offset;
}

}  // namespace bantam
