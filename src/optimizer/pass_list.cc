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

Status Optimize(graph::Graph& graph, MemoryBudget* budget) {
  for (graph::Node& node : graph.nodes) {
    for (graph::Attribute& attribute : node.attributes) {
      if (auto* subgraph = std::get_if<std::shared_ptr<graph::Graph>>(&attribute.value)) {
        ONEDGE_RETURN_IF_ERROR(Optimize(**subgraph, budget));
      }
    }
  }
  const PassContext ctx{budget};
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

}  // namespace onedge::optimizer
