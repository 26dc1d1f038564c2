// ScanOutput: collects one tensor from each turn of a Loop or Scan and stacks them along a new dimension.
#pragma once

#include <vector>

#include "ops/op.h"

namespace onedge::ops {

class ScanOutput {
 public:
  struct Batch {
    int64_t entries, turns;  // `turns` of each entry
  };

  // Fails, and names output `output`, if the value is not a tensor or differs from the first turn's in dtype or shape.
  Status Add(Value value, size_t output);

  // Adds a turn of zeros with the shape of the others.
  void AddZeros() { turns_.emplace_back(); }

  // Writes output `output`: the turns stacked along `axis` (of the stacked rank, may be negative), reversed if
  // `reverse`. Without any turn it has the shape from inference in this run, then the declared one; sizes that neither
  // knows are 0. With `batch`, the turns belong to that many batch entries in order, and their dimension is split into
  // [batch, turns]; `axis` must then be 0.
  Status Finish(OpContext& ctx, size_t output, int64_t axis, bool reverse, const TypeInfo& declared,
                std::optional<Batch> batch = std::nullopt);

 private:
  std::vector<Tensor> turns_;  // an undefined one stands for zeros
  size_t first_ = 0;           // the first defined one, or turns_.size()
};

}  // namespace onedge::ops
