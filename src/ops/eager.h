// RunEagerly: runs one operator on given inputs and allocates its outputs. For constant folding, shape arithmetic and
// tests.
#pragma once

#include <span>
#include <vector>

#include "ops/op.h"

namespace onedge::ops {

struct EagerOptions {
  MemoryBudget* budget = nullptr;
  ThreadPool* threads = nullptr;
};

// A none() value stands for an absent optional input. kUnsupported for operators with subgraphs.
Result<std::vector<Value>> RunEagerly(const Op& op, std::span<const Value> inputs, size_t output_count,
                                      const EagerOptions& options = {});

}  // namespace onedge::ops
