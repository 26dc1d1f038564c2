#include "ops/math/reduce_walk.h"

#include "ops/math/broadcast.h"

namespace onedge::ops::reduce {

Plan MakePlan(const Shape& shape, const InlineVector<uint8_t, 8>& is_reduced) {
  Plan plan;
  struct Merged {
    int64_t size;
    bool reduced;
  };
  InlineVector<Merged, 8> dims;
  for (size_t i = 0; i < shape.rank(); ++i) {
    (is_reduced[i] ? plan.reduced_count : plan.kept_count) *= shape[i];
    if (shape[i] == 1) continue;
    if (!dims.empty() && dims.back().reduced == (is_reduced[i] != 0)) {
      dims.back().size *= shape[i];
    } else {
      dims.push_back({shape[i], is_reduced[i] != 0});
    }
  }
  if (dims.empty()) dims.push_back({1, false});
  int64_t stride = 1;
  InlineVector<int64_t, 8> strides(dims.size(), int64_t{1});
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i].size;
  }
  plan.run = dims.back().size;
  plan.run_is_reduced = dims.back().reduced;
  for (size_t i = 0; i + 1 < dims.size(); ++i) {
    Axes& axes = dims[i].reduced ? plan.reduced : plan.kept;
    axes.sizes.push_back(dims[i].size);
    axes.strides.push_back(strides[i]);
    axes.count *= dims[i].size;
  }
  return plan;
}

namespace {

constexpr int64_t kBlock =
    32;  // rows added together before they join the total: reduces the rounding error of long sums
constexpr int64_t kColumns = 64;  // outputs accumulated side by side if the innermost dimension is kept

}  // namespace

void Reduce(ThreadPool* pool, const Plan& plan, const ReduceLoops& loops, const void* input, void* output,
            const void* shift_values) {
  const uint8_t* const x = static_cast<const uint8_t*>(input);
  uint8_t* const y = static_cast<uint8_t*>(output);
  const uint8_t* const shifts = static_cast<const uint8_t*>(shift_values);
  const int64_t size = static_cast<int64_t>(loops.size);
  loops.init(y, static_cast<size_t>(plan.kept_count));
  if (plan.reduced_count == 0 || plan.kept_count == 0) return;
  const int64_t blocks = plan.run_is_reduced ? 1 : (plan.run + kColumns - 1) / kColumns;
  const int64_t tasks = plan.kept.count * blocks;
  const int64_t grain = std::max<int64_t>(1, kParallelChunk * tasks / (plan.kept_count * plan.reduced_count));
  ThreadPool* const used = plan.kept_count * plan.reduced_count > kParallelThreshold ? pool : nullptr;
  ParallelFor(used, static_cast<size_t>((tasks + grain - 1) / grain), [&](size_t chunk) {
    const int64_t first = static_cast<int64_t>(chunk) * grain;
    for (int64_t task = first; task < std::min(tasks, first + grain); ++task) {
      const int64_t kept = task / blocks;
      const uint8_t* from = x + plan.kept.Offset(kept) * size;
      if (plan.run_is_reduced) {
        for (int64_t i = 0; i < plan.reduced.count; ++i) {
          loops.run(from + plan.reduced.Offset(i) * size, static_cast<size_t>(plan.run),
                    shifts ? shifts + kept * size : nullptr, y + kept * size);
        }
        continue;
      }
      const int64_t column = task % blocks * kColumns;
      const size_t width = static_cast<size_t>(std::min(kColumns, plan.run - column));
      const int64_t at = (kept * plan.run + column) * size;
      alignas(16) uint64_t block[kColumns];
      loops.init(block, width);
      for (int64_t i = 0; i < plan.reduced.count; ++i) {
        loops.row(from + (plan.reduced.Offset(i) + column) * size, width, shifts ? shifts + at : nullptr, block);
        if (i % kBlock == kBlock - 1 || i + 1 == plan.reduced.count) {
          loops.join(block, width, y + at);
          loops.init(block, width);
        }
      }
    }
  });
}

}  // namespace onedge::ops::reduce
