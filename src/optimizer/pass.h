// Pass: one rewrite of a graph. Each has its own file; pass_list.cc has their order.
#pragma once

#include <array>
#include <optional>

#include "optimizer/graph_index.h"
#include "optimizer/optimize.h"

namespace onedge::optimizer {

struct PassContext {
  std::string_view pass;  // name of the running pass
  MemoryBudget* budget = nullptr;
  // The model quantizes at run time: a difference in the last bit of a float may become a whole quantization step. Such
  // models keep their weights (no folding into a Conv) and their roundings to 16 bits. The fused form of a whole
  // formula (Gelu, LayerNormalization) has the same bits on every host, so these models get it, too.
  bool exact = false;
  std::vector<Miss>* misses = nullptr;
  // The index of the graph, if an earlier pass has made one and nothing has changed since. A Rewriter takes it, and
  // returns it unless it changes the graph. May be null.
  std::optional<GraphIndex>* index = nullptr;
};

struct Pass {
  std::string_view name;
  // Returns true if it changed the graph. Leaves the nodes in an executable order and every value typed.
  Result<bool> (*run)(graph::Graph& graph, const PassContext& ctx);
  // The pass is skipped in a graph that has none of these operators. Empty: it always runs.
  std::array<std::string_view, 4> needs = {};
};

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
Result<bool> FuseQdq(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseQdqConv(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseRMSNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseSkipLayerNormalization(graph::Graph& graph, const PassContext& ctx);
Result<bool> FuseSwish(graph::Graph& graph, const PassContext& ctx);
Result<bool> MoveTransposes(graph::Graph& graph, const PassContext& ctx);
Result<bool> PreferNhwc(graph::Graph& graph, const PassContext& ctx);
Result<bool> RemoveNoOps(graph::Graph& graph, const PassContext& ctx);
Result<bool> WidenHalves(graph::Graph& graph, const PassContext& ctx);

}  // namespace onedge::optimizer
