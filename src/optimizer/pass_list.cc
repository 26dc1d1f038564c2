#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "graph/scope.h"
#include "ops/infer_types.h"
#include "optimizer/optimize.h"
#include "optimizer/pass.h"

namespace onedge::optimizer {
namespace {

using graph::Graph;
using graph::ValueId;

// `onedge trim` writes this pass over those that change nothing in its models.
Result<bool> ChangeNothing(Graph&, const PassContext&) { return false; }

// Runs in this order, repeatedly, until no pass changes anything. Cleaning comes before fusing, so that patterns match;
// a fusion comes before those that build on it.
constexpr Pass kPasses[] = {
    {"remove-no-ops", RemoveNoOps},
    {"fuse-qdq", FuseQdq, {"DequantizeLinear"}},  // before constant matrices of bytes become floats
    {"fuse-qdq-conv", FuseQdqConv, {"QuantizeLinear"}},
    {"fold-constants", FoldConstants},
    {"eliminate-common-subexpressions", EliminateCommonSubexpressions},
    {"move-transposes", MoveTransposes, {"Transpose"}},
    {"fuse-layer-normalization", FuseLayerNormalization, {"ReduceMean"}},
    {"fuse-embed-layer-normalization", FuseEmbedLayerNormalization, {"LayerNormalization"}},
    {"fuse-skip-layer-normalization", FuseSkipLayerNormalization, {"LayerNormalization"}},
    {"fuse-rms-normalization", FuseRMSNormalization, {"ReduceMean"}},
    {"fuse-gelu", FuseGelu, {"Erf", "Tanh"}},
    {"fuse-swish", FuseSwish, {"Sigmoid", "HardSigmoid", "Clip"}},
    {"fuse-dynamic-quantized-linear", FuseDynamicQuantizedLinear, {"DynamicQuantizeLinear"}},
    {"fuse-matmul-add", FuseMatMulAdd, {"MatMul"}},
    {"fuse-conv-batch-normalization", FuseConvBatchNormalization, {"BatchNormalization"}},
    {"fuse-activation", FuseActivation, {"Conv", "Gemm", "Linear", "DynamicQuantizedLinear"}},
    {"fuse-attention", FuseAttention, {"Softmax"}},
    {"", ChangeNothing, {"-"}},  // of no graph: never run
};

// Run once afterwards, if the backend wants it: fusions do not look for these operators.
constexpr Pass kLayoutPasses[] = {
    {"prefer-nhwc", PreferNhwc, {"Conv"}}, {"widen-halves", WidenHalves},  // what prefer-nhwc has not widened
};
// Run if these have changed something: for moved and widened constants.
constexpr Pass kCleaningPasses[] = {
    {"fold-constants", FoldConstants},
    {"remove-no-ops", RemoveNoOps},
};

// A pass makes lists of all values first, which takes most of its time.
bool MayMatch(const Pass& pass, const graph::Graph& graph) {
  const auto& needs = pass.needs;
  return needs[0].empty() || std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const graph::Node& node) {
           return std::find(needs.begin(), needs.end(), node.op_type) != needs.end();
         });
}

// A pass that undoes another would never end; real graphs settle in three or four rounds.
constexpr int kMaxRounds = 16;

// During rewriting, the types of a graph's values have symbols for all unknown dimensions.
class SymbolicTypes {
 public:
  SymbolicTypes(Graph& graph, int32_t& next_symbol) : graph_(graph), next_symbol_(next_symbol) {
    for (ValueId id : graph.outputs) declared_.emplace_back(id, graph.values[static_cast<size_t>(id)].type);
    status_ = ops::InferTypesWithSymbols(graph, next_symbol_);
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
  // After nodes have been merged, dimensions may be known to be equal.
  Status Refresh() { return ops::InferTypesWithSymbols(graph_, next_symbol_); }

 private:
  Graph& graph_;
  int32_t& next_symbol_;
  std::vector<std::pair<ValueId, graph::TypeInfo>> declared_;
  Status status_;
};

// True if a pass changed the graph.
Result<bool> RunOnce(Graph& graph, std::span<const Pass> passes, const OptimizeOptions& options,
                     std::vector<Miss>& misses, std::optional<GraphIndex>& index) {
  bool changed = false;
  for (const Pass& pass : passes) {
    if (!MayMatch(pass, graph)) continue;
    const PassContext ctx{pass.name, options.budget, options.exact, options.misses ? &misses : nullptr, &index};
    Result<bool> result = pass.run(graph, ctx);
    if (!result.ok()) return std::move(result).status().WithContext(StrCat("optimizer pass ", pass.name));
    if (*result && options.used) options.used->append("pass ").append(pass.name).append(";");
    if (*result) index.reset();
    changed = changed || *result;
  }
  return changed;
}

Status RunPasses(Graph& graph, const OptimizeOptions& options, SymbolicTypes& types) {
  graph::RemoveDead(graph);
  std::vector<Miss> misses;  // of the last round
  std::optional<GraphIndex> index;
  bool changed = true;
  for (int round = 0; changed && round < kMaxRounds; ++round) {
    if (round > 0) ONEDGE_RETURN_IF_ERROR(types.Refresh());
    misses.clear();
    ONEDGE_ASSIGN_OR_RETURN(changed, RunOnce(graph, kPasses, options, misses, index));
  }
  if (options.channels_last && !options.exact) {
    ONEDGE_ASSIGN_OR_RETURN(changed, RunOnce(graph, kLayoutPasses, options, misses, index));
    if (changed) ONEDGE_RETURN_IF_ERROR(RunOnce(graph, kCleaningPasses, options, misses, index).status());
  }
  if (options.misses) std::move(misses.begin(), misses.end(), std::back_inserter(*options.misses));
  return OkStatus();
}

Status OptimizeGraph(Graph& graph, const OptimizeOptions& options, int32_t& next_symbol, bool nested);

// Constants that the subgraph captures become its own (they share their elements), so that passes and kernels find
// them.
void TakeConstants(Graph& graph, const Graph& outer) {
  std::erase_if(graph.captures, [&](const graph::Capture& capture) {
    const Tensor* constant = outer.FindConstant(capture.outer);
    if (!constant) return false;
    graph.values[static_cast<size_t>(capture.inner)].type =
        graph::TypeInfo::Tensor(constant->dtype(), constant->shape());
    graph.constants[capture.inner] = *constant;
    return true;
  });
}

// `outer` is the surrounding graph.
Status OptimizeSubgraph(Graph& graph, const Graph& outer, const OptimizeOptions& options, int32_t& next_symbol) {
  TakeConstants(graph, outer);
  for (const graph::Capture& capture : graph.captures) {
    graph.values[static_cast<size_t>(capture.inner)].type = outer.values[static_cast<size_t>(capture.outer)].type;
  }
  // The inputs of a body may have another shape in each iteration, whatever it declares.
  std::vector<std::optional<graph::Dims>> declared;
  for (ValueId id : graph.inputs) {
    declared.push_back(std::exchange(graph.values[static_cast<size_t>(id)].type.dims, std::nullopt));
  }
  const Status status = OptimizeGraph(graph, options, next_symbol, true);
  for (size_t i = 0; i < declared.size(); ++i) {
    graph.values[static_cast<size_t>(graph.inputs[i])].type.dims = std::move(declared[i]);
  }
  return status;
}

Status OptimizeGraph(Graph& graph, const OptimizeOptions& options, int32_t& next_symbol, bool nested) {
  SymbolicTypes types(graph, next_symbol);
  // A branch that contradicts the shapes around it stays as it is: an If with a constant condition never runs it.
  if (!types.status().ok()) return nested ? OkStatus() : types.status();
  ONEDGE_RETURN_IF_ERROR(RunPasses(graph, options, types));
  bool any = false;
  for (graph::Node& node : graph.nodes) {
    for (Graph* subgraph : graph::MutableSubgraphs(node)) {
      ONEDGE_RETURN_IF_ERROR(OptimizeSubgraph(*subgraph, graph, options, next_symbol));
      any = true;
    }
  }
  if (any) graph::RemoveDead(graph);  // constants that only subgraphs read
  return OkStatus();
}

}  // namespace

Status Optimize(Graph& graph, const OptimizeOptions& options) {
  for ([[maybe_unused]] const graph::Node& node : graph.nodes) ONEDGE_DCHECK(node.op);
  auto next_symbol = static_cast<int32_t>(graph.symbols->names.size());
  return OptimizeGraph(graph, options, next_symbol, false);
}

}  // namespace onedge::optimizer
