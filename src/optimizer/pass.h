// Pass: one rewrite of a graph. Each has a file of its own; pass_list.cc is the one order.
#pragma once

#include <span>

#include "optimizer/optimize.h"

namespace onedge::optimizer {

struct PassContext {
  std::string_view pass;  // the name of the pass that runs
  MemoryBudget* budget = nullptr;
  // A difference in the last bit of a float may become one of a whole quantization step: passes that move roundings
  // leave such models alone.
  bool exact = false;
  std::vector<Miss>* misses = nullptr;
};

struct Pass {
  std::string_view name;
  // True when it changed the graph. Leaves nodes in an order in which they can run, and every value typed.
  Result<bool> (*run)(graph::Graph& graph, const PassContext& ctx);
};

std::span<const Pass> AllPasses();

Result<bool> EliminateCommonSubexpressions(graph::Graph& graph, const PassContext& ctx);
Result<bool> FoldConstants(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseActivation(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseAttention(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseConvBatchNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseDynamicQuantizedLinear(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseEmbedLayerNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseGelu(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseLayerNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseMatMulAdd(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseSkipLayerNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseSwish(graph::Graph& graph, const PassContext& ctx);
Result<bool> MoveTransposes(graph::Graph& graph, const PassContext& ctx);
Result<bool> RemoveNoOps(graph::Graph& graph, const PassContext& ctx);

}  // namespace onedge::optimizer
