// ParallelRanges: splits rows of equal work over the threads, in ranges large enough to justify a thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/thread_pool.h"

namespace onedge::ops {

// Calls body(begin, end) for ranges that cover [0, count). `work`: the approximate number of operations of one item.
// The result must not depend on which items share a range.
template <typename Body>
void ParallelRanges(ThreadPool* pool, size_t count, size_t work, const Body& body) {
  constexpr size_t kWorkOfRange = size_t{1} << 16;  // some 20 microseconds: well above the cost of waking a thread
  const size_t each = std::max<size_t>(1, kWorkOfRange / std::max<size_t>(1, work));
  if (!pool || count <= each) {
    if (count > 0) body(size_t{0}, count);
    return;
  }
  ParallelFor(pool, (count + each - 1) / each,
              [&](size_t range) { body(range * each, std::min(count, (range + 1) * each)); });
}

}  // namespace onedge::ops
