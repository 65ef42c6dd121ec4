// How loops over flat arrays of parameters are cut for the threads: by the array alone, so that sums over the pieces, added
// in order, do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "math/parallel.h"

namespace bantam {

// 64 Ki floats: a quarter of a core's second-level cache, some 10 µs of work against 1 µs of handing it out.
constexpr int64_t kFlatRange = int64_t{1} << 16;

inline int64_t FlatRanges(int64_t size) { return (size + kFlatRange - 1) / kFlatRange; }

// body(range, begin, end) for every range of [0, size).
template <typename Body>
void ForFlatRanges(int64_t size, const Body& body) {
  WorkbenchPool().Run(FlatRanges(size), [&](int64_t range) {
    body(range, range * kFlatRange, std::min(size, (range + 1) * kFlatRange));
  });
}

// to = from, `size` values.
inline void CopyFlat(const float* from, int64_t size, float* to) {
  ForFlatRanges(size, [&](int64_t, int64_t begin, int64_t end) { std::copy(from + begin, from + end, to + begin); });
}

}  // namespace bantam
