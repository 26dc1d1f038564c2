// RunEagerly: one operator on given inputs, outputs allocated as it goes. For constant folding, shape arithmetic and
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

// Values that are none() stand for optional inputs left out. Operators with subgraphs are not run this way:
// kUnsupported.
Result<std::vector<Value>> RunEagerly(const Op& op, std::span<const Value> inputs, size_t output_count,
                                      const EagerOptions& options = {});

}  // namespace onedge::ops
