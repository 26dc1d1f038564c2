// Pass: one rewrite of a graph. Each has a file of its own; pass_list.cc is the one order.
#pragma once

#include <span>
#include <string_view>

#include "base/memory_budget.h"
#include "graph/graph.h"

namespace onedge::optimizer {

struct PassContext {
  MemoryBudget* budget = nullptr;  // for constants that a pass computes
};

struct Pass {
  std::string_view name;
  // True when it changed the graph. Leaves nodes in an order in which they can run, and every value typed.
  Result<bool> (*run)(graph::Graph& graph, const PassContext& ctx);
};

std::span<const Pass> AllPasses();

Result<bool> RemoveNoOps(graph::Graph& graph, const PassContext& ctx);
Result<bool> FoldConstants(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseLayerNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseGelu(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseMatMulAdd(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseLinearActivation(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseDynamicQuantizedLinear(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseAttention(graph::Graph& graph, const PassContext& ctx);

}  // namespace onedge::optimizer
