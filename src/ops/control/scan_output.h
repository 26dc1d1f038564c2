// ScanOutput: collects one tensor from each turn of a Loop or Scan, and stacks them along a new dimension.
#pragma once

#include <vector>

#include "ops/op.h"

namespace onedge::ops {

class ScanOutput {
 public:
  // Fails, naming output `output`, when it is no tensor or differs from the first turn's in dtype or shape.
  Status Add(Value value, size_t output);

  // Writes output `output`: the turns stacked along `axis` (of the stacked rank, may be negative), in reverse when asked.
  // Without any turn: of the declared type, sizes that are unknown taken as 0.
  Status Finish(OpContext& ctx, size_t output, int64_t axis, bool reverse, const TypeInfo& declared);

 private:
  std::vector<Tensor> turns_;
};

}  // namespace onedge::ops
