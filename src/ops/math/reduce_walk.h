// The walk of reductions over a tensor: which elements lie behind which output, in blocks and in
// parallel, whatever the element type and the reducer. No state.
#pragma once

#include "base/inline_vector.h"
#include "base/thread_pool.h"
#include "tensor/shape.h"

namespace onedge::ops::reduce {

// Dimensions of the input, neighbours of one sort merged. Strides in elements of the input.
struct Axes {
  InlineVector<int64_t, 8> sizes;
  InlineVector<int64_t, 8> strides;
  int64_t count = 1;

  // The offset of the `index`-th position, last dimension fastest.
  int64_t Offset(int64_t index) const {
    int64_t offset = 0;
    for (size_t i = sizes.size(); i-- > 0;) {
      offset += index % sizes[i] * strides[i];
      index /= sizes[i];
    }
    return offset;
  }
};

// How to reduce one shape: kept and reduced dimensions without the innermost run, which is of one
// of the two sorts.
struct Plan {
  Axes kept;
  Axes reduced;
  int64_t run = 1;  // contiguous elements
  bool run_is_reduced = false;
  int64_t reduced_count = 1;  // elements behind one output
  int64_t kept_count = 1;     // outputs
};

// `is_reduced`: by dimension.
Plan MakePlan(const Shape& shape, const InlineVector<uint8_t, 8>& is_reduced);

// A reducer's inner loops, one element type and reducer each; the walk around them is written once,
// over bytes.
struct ReduceLoops {
  size_t size;                               // bytes of an element
  void (*init)(void* totals, size_t count);  // totals[i] = Init()
  void (*run)(const void* x, size_t count, const void* shift,
              void* total);  // *total joins Map(x[0]), Map(x[1]), ...
  void (*row)(const void* x, size_t count, const void* shifts,
              void* totals);                                   // totals[i] joins Map(x[i])
  void (*join)(const void* from, size_t count, void* totals);  // totals[i] joins from[i]
};

// output: [kept_count]. `shifts`: as the output, or null.
void Reduce(ThreadPool* pool, const Plan& plan, const ReduceLoops& loops, const void* input, void* output,
            const void* shifts);

}  // namespace onedge::ops::reduce
