// SubgraphOp: an operator that only runs its subgraphs, in an order of its own.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

class SubgraphOp : public Op {
 public:
  std::unique_ptr<SubgraphRuns> StartSubgraphs() const override = 0;
  // Runs all of them to the end.
  Status Run(OpContext& ctx) const final {
    const std::unique_ptr<SubgraphRuns> runs = StartSubgraphs();
    std::vector<Value> values;
    for (;;) {
      ONEDGE_ASSIGN_OR_RETURN(const graph::Graph* const next, runs->Next(ctx, values));
      if (!next) return OkStatus();
      ONEDGE_ASSIGN_OR_RETURN(values, ctx.RunSubgraph(*next, values));
    }
  }
};

}  // namespace onedge::ops
