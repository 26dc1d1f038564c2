#include <utility>

#include "ops/infer_types.h"
#include "optimizer/optimize.h"
#include "optimizer/pass.h"

namespace onedge::optimizer {
namespace {

// In this order, again and again until none changes anything. Cleaning comes before fusing, so that patterns match;
// fusions that others build on come first.
constexpr Pass kPasses[] = {
    {"remove-no-ops", RemoveNoOps},
    {"fold-constants", FoldConstants},
    {"fuse-layer-normalization", FuseLayerNormalization},
    {"fuse-gelu", FuseGelu},
    {"fuse-dynamic-quantized-linear", FuseDynamicQuantizedLinear},
    {"fuse-matmul-add", FuseMatMulAdd},
    {"fuse-linear-activation", FuseLinearActivation},
    {"fuse-attention", FuseAttention},
};

// A pass that undoes another would go on for ever; real graphs settle in three or four rounds.
constexpr int kMaxRounds = 16;

}  // namespace

std::span<const Pass> AllPasses() { return kPasses; }

namespace {

using graph::Graph;
using graph::ValueId;

Status RunPasses(Graph& graph, const PassContext& ctx) {
  bool changed = true;
  for (int round = 0; changed && round < kMaxRounds; ++round) {
    changed = false;
    for (const Pass& pass : kPasses) {
      Result<bool> result = pass.run(graph, ctx);
      if (!result.ok()) return std::move(result).status().WithContext(StrCat("optimizer pass ", pass.name));
      changed = changed || *result;
    }
  }
  return OkStatus();
}

// While it is rewritten, a graph's values have types with symbols for whatever is not known.
class SymbolicTypes {
 public:
  SymbolicTypes(Graph& graph, int32_t& next_symbol) : graph_(graph) {
    for (ValueId id : graph.outputs) declared_.emplace_back(id, graph.values[static_cast<size_t>(id)].type);
    status_ = ops::InferTypesWithSymbols(graph, next_symbol);
  }
  ~SymbolicTypes() {
    const auto named = static_cast<int32_t>(graph_.symbols->names.size());
    for (graph::ValueInfo& value : graph_.values) {
      if (!value.type.is_tensor() || !value.type.dims) continue;
      for (graph::Dim& dim : *value.type.dims) {
        if (dim.symbol >= named) dim.symbol = -1;
      }
    }
    for (auto& [id, type] : declared_) graph_.values[static_cast<size_t>(id)].type = std::move(type);
  }
  const Status& status() const { return status_; }

 private:
  Graph& graph_;
  std::vector<std::pair<ValueId, graph::TypeInfo>> declared_;
  Status status_;
};

Status OptimizeGraph(Graph& graph, const PassContext& ctx, int32_t& next_symbol, bool nested);

// `outer` is the graph around it.
Status OptimizeSubgraph(Graph& graph, const Graph& outer, const PassContext& ctx, int32_t& next_symbol) {
  for (const graph::Capture& capture : graph.captures) {
    graph.values[static_cast<size_t>(capture.inner)].type = outer.values[static_cast<size_t>(capture.outer)].type;
  }
  // The inputs of a body may have another shape in each iteration, whatever it declares.
  std::vector<std::optional<graph::Dims>> declared;
  for (ValueId id : graph.inputs) {
    declared.push_back(std::exchange(graph.values[static_cast<size_t>(id)].type.dims, std::nullopt));
  }
  const Status status = OptimizeGraph(graph, ctx, next_symbol, true);
  for (size_t i = 0; i < declared.size(); ++i) {
    graph.values[static_cast<size_t>(graph.inputs[i])].type.dims = std::move(declared[i]);
  }
  return status;
}

Status OptimizeGraph(Graph& graph, const PassContext& ctx, int32_t& next_symbol, bool nested) {
  const SymbolicTypes types(graph, next_symbol);
  // A branch that contradicts the shapes around it stays as it is: an If with a constant condition never runs it.
  if (!types.status().ok()) return nested ? OkStatus() : types.status();
  for (graph::Node& node : graph.nodes) {
    for (graph::Attribute& attribute : node.attributes) {
      if (auto* subgraph = std::get_if<std::shared_ptr<Graph>>(&attribute.value)) {
        ONEDGE_RETURN_IF_ERROR(OptimizeSubgraph(**subgraph, graph, ctx, next_symbol));
      }
    }
  }
  return RunPasses(graph, ctx);
}

}  // namespace

Status Optimize(Graph& graph, MemoryBudget* budget) {
  for ([[maybe_unused]] const graph::Node& node : graph.nodes) ONEDGE_DCHECK(node.op);
  auto next_symbol = static_cast<int32_t>(graph.symbols->names.size());
  return OptimizeGraph(graph, PassContext{budget}, next_symbol, false);
}

}  // namespace onedge::optimizer
