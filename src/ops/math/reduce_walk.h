// The walk of reductions over a tensor: it finds the elements of each output, in blocks and in parallel, independent of
// element type and reducer. Stateless.
#pragma once

#include "base/inline_vector.h"
#include "base/thread_pool.h"
#include "tensor/shape.h"

namespace onedge::ops::reduce {

// Dimensions of the input; neighbours of one kind are merged. Strides in elements of the input.
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

// The plan to reduce one shape: the kept and the reduced dimensions, without the innermost run, which is of one kind.
struct Plan {
  Axes kept;
  Axes reduced;
  int64_t run = 1;  // contiguous elements
  bool run_is_reduced = false;
  int64_t reduced_count = 1;  // elements for each output
  int64_t kept_count = 1;     // outputs
};

// `is_reduced`: by dimension.
Plan MakePlan(const Shape& shape, const InlineVector<uint8_t, 8>& is_reduced);

// The inner loops of a reducer for one element type. The walk around them is written once, over bytes.
struct ReduceLoops {
  size_t size;                               // bytes of an element
  void (*init)(void* totals, size_t count);  // totals[i] = Init()
  void (*run)(const void* x, size_t count, const void* shift,
              void* total);  // *total joins Map(x[0]), Map(x[1]), ...
  void (*row)(const void* x, size_t count, const void* shifts,
              void* totals);                                   // totals[i] joins Map(x[i])
  void (*join)(const void* from, size_t count, void* totals);  // totals[i] joins from[i]
};

// output: [kept_count]. `shifts`: the same shape as the output, or null.
void Reduce(ThreadPool* pool, const Plan& plan, const ReduceLoops& loops, const void* input, void* output,
            const void* shifts);

}  // namespace onedge::ops::reduce
